package dev.weir.output.json;

import dev.weir.output.json.Edit.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Reads strings, quoted and bare, deciding at each quote, comma and closer whether it ends the
 * string or belongs to it.
 *
 * <p>A string that is followed by what its place asks for (a colon after a key; a comma, a closer
 * or the end after a value) ends at its first quote: that is the fast way. Everything else is
 * decided in {@link #body} by the questions of {@link Endings}.
 */
final class StringReader {
  /** How many quotes may stand inside triple quotes. */
  private static final int MOST_INNER_QUOTES = 64;

  private final Cursor cursor;
  private final Text text;
  private final Endings endings;
  private final StringBuilder out = new StringBuilder();

  private Place place = Place.ITEM;
  private boolean bare;
  private boolean doubled;
  private char open = '"';
  private char close = '"';

  StringReader(Cursor cursor) {
    this.cursor = cursor;
    this.text = cursor.text;
    this.endings = new Endings(cursor);
  }

  /** Reads the quoted string whose opening quote the cursor is at, and any it is joined to. */
  String quoted(Place where) {
    var first = one(where);
    if (where == Place.KEY || !joined()) {
      return first;
    }
    var all = new StringBuilder(first);
    do {
      cursor.edit(Kind.CONCATENATION, "Strings joined by a plus became one string.");
      cursor.at = text.skipSpace(text.skipSpace(cursor.at) + 1);
      all.append(one(where));
    } while (joined());
    return all.toString();
  }

  private boolean joined() {
    var plus = text.skipSpace(cursor.at);
    return text.at(plus) == '+' && Quotes.opens(text.at(text.skipSpace(plus + 1)));
  }

  private String one(Place where) {
    place = where;
    bare = false;
    doubled = false;
    var tick = cursor.here();
    open = tick;
    close = tick == '`' ? tickCloser() : Quotes.closer(tick);
    if (tick != '"') {
      cursor.edit(Kind.QUOTE_STYLE, "Quotes of another kind became double quotes.");
      if (close != '"' && close > 127 && text.nextRaw(close, cursor.at + 1) == text.length) {
        close = '"';
      }
    }
    var simple = text.next(close, cursor.at + 1);
    if (simple < text.length && endings.rightlyFollowed(simple + 1, place) && oneLine(simple)) {
      return simple(simple);
    }
    if (tick == '"' || tick == '\'') {
      var special = doubledStart();
      if (special != null) {
        return special;
      }
    }
    cursor.at++;
    return body(cursor.at);
  }

  private char tickCloser() {
    var acute = text.nextRaw('\u00B4', cursor.at + 1);
    return acute < text.nextRaw('`', cursor.at + 1) ? '\u00B4' : '`';
  }

  /** A raw newline in between makes a quote that looks right doubtful. */
  private boolean oneLine(int end) {
    return text.nextRaw('\n', cursor.at) > end && text.nextRaw('\r', cursor.at) > end;
  }

  private String simple(int end) {
    var start = cursor.at + 1;
    noteControls(start, end);
    cursor.at = end + 1;
    if (text.nextRaw('\\', start) >= end) {
      var value = text.slice(start, end);
      return Escapes.clean(value, start, cursor.edits);
    }
    out.setLength(0);
    var i = start;
    while (i < end) {
      var c = text.chars[i];
      if (c == '\\') {
        i = Escapes.read(text, i, out, close, cursor.edits);
      } else {
        out.append(c);
        i++;
      }
    }
    return Escapes.clean(out.toString(), start, cursor.edits);
  }

  /** Handles a string that starts with two quotes or more; null if reading goes on as usual. */
  private @Nullable String doubledStart() {
    var second = cursor.at + 1;
    if (text.at(second) != close) {
      return null;
    }
    if (endings.rightlyFollowed(second + 1, place)) {
      cursor.at = second + 1;
      return "";
    }
    if (text.at(second + 1) == close) {
      return tripled(second);
    }
    var end = text.next(close, second + 1);
    if (text.at(end + 1) == close) {
      cursor.edit(Kind.DOUBLED_QUOTE, "Doubled quotes became single ones.");
      doubled = true;
      cursor.at++;
      return null;
    }
    var next = text.skipSpace(second + 1);
    var c = text.at(next);
    if (Quotes.opens(c) || c == '{' || c == '[') {
      cursor.edit(Kind.DOUBLED_QUOTE, "A pair of quotes with nothing in it was removed.");
      cursor.at = second + 1;
      return "";
    }
    if (c != ',' && c != ']' && c != '}') {
      if (place == Place.MEMBER && end < text.length && !endings.closerOrComma(end + 1)) {
        // "title": ""hello" world": the second quote opens a quoted phrase.
        cursor.edit(Kind.UNESCAPED_QUOTE, "A quoted phrase at the start was kept.");
        cursor.at += 2;
        out.setLength(0);
        out.append(close);
        return bodyFrom(cursor.at, true);
      }
      cursor.edit(Kind.DOUBLED_QUOTE, "A doubled quote became one.");
      cursor.at++;
    }
    return null;
  }

  private String tripled(int second) {
    var start = second + 2;
    if (place != Place.KEY) {
      var i = text.next(close, start);
      for (var tries = 0; i < text.length && tries < MOST_INNER_QUOTES; tries++) {
        if (text.at(i + 1) == close && text.at(i + 2) == close) {
          cursor.edit(Kind.DOUBLED_QUOTE, "Triple quotes became single ones.");
          cursor.at = i + 3;
          return Escapes.clean(text.slice(start, i), start, cursor.edits);
        }
        i = text.next(close, i + 1);
      }
    }
    cursor.edit(Kind.DOUBLED_QUOTE, "Quotes with nothing between them were removed.");
    cursor.at = second;
    return "";
  }

  /** Reads text without quotes; the cursor is at its first character. */
  String bare(Place where) {
    place = where;
    bare = true;
    doubled = false;
    open = '"';
    close = '"';
    return body(cursor.at);
  }

  private String body(int start) {
    out.setLength(0);
    return bodyFrom(start, false);
  }

  /** Reads on; {@code phrase} says that {@link #out} starts with a quote that awaits another. */
  private String bodyFrom(int start, boolean phrase) {
    var begin = start;
    var i = start;
    var unmatched = phrase;
    var lowQuote = false;
    var inline = new InlineContainers();
    var braces = 0;
    var squares = 0;
    while (i < text.length && text.chars[i] != close) {
      var c = text.chars[i];
      if (bare && endings.endsBare(i, place, out)) {
        break;
      }
      if (inline.awaited() && InlineContainers.opens(c)) {
        var end = endings.skipContainer(i);
        if (end > 0) {
          inline.await(false);
          out.append(text.chars, i, end - i);
          i = end;
          continue;
        }
      }
      if (place == Place.MEMBER && c == ',' && inline.none()) {
        var comma = endings.comma(i, bare, close);
        if (comma == Endings.Comma.MEMBER) {
          break;
        }
        inline.await(comma == Endings.Comma.CONTAINER);
        out.append(c);
        i++;
        continue;
      }
      if (inline.closes(c)) {
        out.append(c);
        i++;
        continue;
      }
      if (place == Place.MEMBER && c == '}' && braces > 0 && text.skipSpace(i + 1) < text.length) {
        braces--;
        out.append(c);
        i++;
        continue;
      }
      if (place == Place.MEMBER && c == '}' && endsAtBrace(i, inline)) {
        break;
      }
      if (c == ']' && squares > 0) {
        squares--;
      } else if (c == ']'
          && cursor.arrays > 0
          && last() != close
          && text.next(close, i) == text.length) {
        break;
      }
      if (c == '\\') {
        i = Escapes.readLoosely(text, i, out, close, cursor.edits, endings, place);
        if (i < text.length && text.chars[i] == close && last() == '\\' && !out.isEmpty()) {
          continue;
        }
      } else {
        braces += c == '{' ? 1 : 0;
        squares += c == '[' ? 1 : 0;
        lowQuote |= c == '\u201E';
        out.append(c);
        i++;
      }
      if (i >= text.length) {
        break;
      }
      if (text.chars[i] == ':'
          && !bare
          && place == Place.KEY
          && endings.keyLostItsQuote(i, open, close)) {
        break;
      }
      if (text.chars[i] == close && !out.isEmpty()) {
        if (doubled && text.at(i + 1) == close) {
          cursor.at = i + 2;
          return finish(begin, true);
        }
        if (unmatched || lowQuote) {
          unmatched = false;
          lowQuote = false;
          out.append(close);
          i++;
          continue;
        }
        var verdict = endings.quote(i, place, bare, open, close, out);
        if (verdict == Endings.Verdict.BEFORE) {
          cursor.at = i;
          return finish(begin, false);
        }
        if (verdict == Endings.Verdict.CLOSES) {
          break;
        }
        cursor.edits.add(i, Kind.UNESCAPED_QUOTE, "A quote inside a string was kept as text.");
        unmatched = verdict == Endings.Verdict.OPENS_PHRASE;
        out.append(close);
        i++;
      }
    }
    var closed = i < text.length && text.chars[i] == close;
    cursor.at = closed ? i + 1 : i;
    return finish(begin, closed);
  }

  private boolean endsAtBrace(int i, InlineContainers inline) {
    if (last() != close && endings.braceEnds(i, open, close)) {
      return true;
    }
    var next = text.skipSpace(i + 1);
    if (next >= text.length) {
      return true;
    }
    if (!text.startsWith("```", next)) {
      return false;
    }
    var fence = endings.fenceAfterBrace(next, close);
    inline.await(fence == Endings.Fence.TEXT_THEN_CONTAINER);
    return fence == Endings.Fence.WRAPPER;
  }

  private char last() {
    return out.isEmpty() ? Text.NONE : out.charAt(out.length() - 1);
  }

  private String finish(int begin, boolean closed) {
    if (bare) {
      if (closed) {
        cursor.edits.add(begin, Kind.MISSING_QUOTE, "An opening quote was added.");
      }
      trim();
    } else if (!closed) {
      cursor.edits.add(cursor.at, Kind.MISSING_QUOTE, "A closing quote was added.");
      if (cursor.ended() && Character.isHighSurrogate(last())) {
        out.setLength(out.length() - 1);
      }
      trim();
    } else if (last() == '\n' && text.at(cursor.at - 2) == '\n') {
      trim();
    }
    noteControls(begin, Math.min(cursor.at, text.length));
    return Escapes.clean(out.toString(), begin, cursor.edits);
  }

  private void noteControls(int from, int to) {
    var control = bare ? -1 : text.controlBetween(from, to);
    if (control >= 0) {
      cursor.edits.add(
          control, Kind.CONTROL_CHARACTER, "Raw control characters in a string were escaped.");
    }
  }

  private void trim() {
    var end = out.length();
    while (end > 0 && Text.isSpace(out.charAt(end - 1))) {
      end--;
    }
    out.setLength(end);
  }
}
