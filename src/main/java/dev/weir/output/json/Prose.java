package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.output.json.Edit.Kind;
import java.util.List;

/** What stands around documents: tags, reasoning, comments, asides. */
final class Prose {
  private static final List<String> THINKING =
      List.of("think", "thinking", "thought", "reasoning", "reflection", "scratchpad", "analysis");
  private static final int MOST_ASIDE_ITEMS = 32;
  private static final int HIGHEST_REFERENCE = 999;

  private final Text text;
  private int budget;

  Prose(Text text) {
    this.text = text;
    this.budget = 4 * text.length + 4096;
  }

  /** Where to start: after a byte order mark, and after reasoning whose opening tag was cut off. */
  int start(Edits edits) {
    var first = text.skipSpace(0);
    if (text.at(0) == '\uFEFF') {
      edits.add(0, Kind.BYTE_ORDER_MARK, "A byte order mark was left out.");
    }
    var c = text.at(first);
    if (c == '{' || c == '[' || c == '<') {
      return first;
    }
    for (var i = text.nextRaw('<', first); i < text.length; i = text.nextRaw('<', i + 1)) {
      if (text.at(i + 1) != '/') {
        if (thinkingTag(i + 1) > 0) {
          return first;
        }
        continue;
      }
      var end = thinkingTag(i + 2);
      if (end > 0 && opensLater(end)) {
        edits.add(first, Kind.THINKING, "A reasoning block was left out.");
        return end;
      }
    }
    return first;
  }

  private boolean opensLater(int from) {
    return text.nextRaw('{', from) < text.length || text.nextRaw('[', from) < text.length;
  }

  /** Whether a tag of that name, in lower case, holds reasoning. */
  static boolean isThinking(String name) {
    return THINKING.contains(name);
  }

  /** The place after the name and bracket of a reasoning tag, or -1. */
  private int thinkingTag(int name) {
    for (var tag : THINKING) {
      if (text.startsWithIgnoringCase(tag, name) && text.at(name + tag.length()) == '>') {
        return name + tag.length() + 1;
      }
    }
    return -1;
  }

  /** The place after the reasoning block that starts there, or after the one character. */
  int afterThinking(int at, Edits edits) {
    var body = thinkingTag(at + 1);
    if (body < 0) {
      return at + 1;
    }
    var name = text.slice(at + 1, body - 1).toLowerCase(java.util.Locale.ROOT);
    for (var i = text.nextRaw('<', body); i < text.length; i = text.nextRaw('<', i + 1)) {
      if (--budget < 0) {
        return body;
      }
      if (text.at(i + 1) == '/' && text.startsWithIgnoringCase(name + ">", i + 2)) {
        edits.add(at, Kind.THINKING, "A reasoning block was left out.");
        return i + 3 + name.length();
      }
    }
    return body;
  }

  /** The place after a comment in prose, or after the one character. */
  int afterComment(int at) {
    var c = text.at(at);
    var next = text.at(at + 1);
    if (c == '/' && next == '*') {
      for (var i = text.nextRaw('*', at + 2); i < text.length; i = text.nextRaw('*', i + 1)) {
        if (text.at(i + 1) == '/') {
          return i + 2;
        }
      }
      return text.length;
    }
    var line = c == '#' ? startsLine(at) : next == '/' && text.at(at - 1) != ':';
    return line ? text.nextRaw('\n', at) : at + 1;
  }

  /** Whether only white space stands between the start of the line and there. */
  boolean startsLine(int at) {
    for (var i = at - 1; i >= 0; i--) {
      if (text.chars[i] == '\n' || text.chars[i] == '\r') {
        return true;
      }
      if (!Text.isSpace(text.chars[i]) || --budget < 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether a parenthesis starts a tuple or grouped value, rather than a remark. */
  boolean groupStartsValue(int at) {
    if (!startsLine(at)) {
      return false;
    }
    var inner = text.skipSpace(at + 1);
    var c = text.at(inner);
    var starts =
        Quotes.opens(c)
            || c == ')'
            || c == '{'
            || c == '['
            || c == '('
            || c == '-'
            || c == '.'
            || Character.isDigit(c)
            || text.startsWithIgnoringCase("true", inner)
            || text.startsWithIgnoringCase("false", inner)
            || text.startsWithIgnoringCase("null", inner)
            || text.startsWithIgnoringCase("none", inner);
    if (!starts) {
      return false;
    }
    var depth = 0;
    for (var i = at; i < text.length; i++) {
      if (--budget < 0) {
        return false;
      }
      var here = text.chars[i];
      if (Quotes.opens(here)) {
        i = text.next(Quotes.closer(here), i + 1);
      } else if (here == '(') {
        depth++;
      } else if (here == ')' && --depth == 0) {
        return endsLine(i + 1);
      }
    }
    return true;
  }

  private boolean endsLine(int from) {
    var i = from;
    while (i < text.length && text.chars[i] != '\n' && text.chars[i] != '\r') {
      if (!Text.isSpace(text.chars[i]) || --budget < 0) {
        return text.chars[i] == ';' || text.chars[i] == '`';
      }
      i++;
    }
    return true;
  }

  /** Whether a quoted key there is the first member of an object without its brace. */
  boolean startsMember(int at, boolean first) {
    if (!first || !startsLine(at)) {
      return false;
    }
    var end = text.next('"', at + 1);
    var colon = text.skipSpace(end + 1);
    return end < text.length
        && text.nextRaw('\n', at) > end
        && text.at(colon) == ':'
        && text.skipSpace(colon + 1) < text.length;
  }

  /** Whether the container that opens there has escaped quotes: {@code {\"a\": 1}}. */
  boolean escapedAt(int at) {
    var i = text.skipSpace(at + 1);
    for (var k = 0; k < 4 && (text.at(i) == '{' || text.at(i) == '['); k++) {
      i = text.skipSpace(i + 1);
    }
    if (text.at(i) == '\\' && text.at(i + 1) == 'n') {
      i += 2;
    }
    return text.at(i) == '\\' && text.at(i + 1) == '"';
  }

  /** The rest of the text, unescaped once. */
  Text unescaped(int from) {
    var out = new StringBuilder(text.length - from);
    var quiet = new Edits(0);
    for (var i = from; i < text.length; ) {
      if (text.chars[i] == '\\') {
        i = Escapes.read(text, i, out, '"', quiet);
      } else {
        out.append(text.chars[i]);
        i++;
      }
    }
    var chars = new char[out.length()];
    out.getChars(0, chars.length, chars, 0);
    return new Text(chars, chars.length);
  }

  boolean onlySpaceSince(int from, int to) {
    var i = from;
    while (i < to
        && (Text.isSpace(text.chars[i]) || text.chars[i] == '}' || text.chars[i] == ']')) {
      if (--budget < 0) {
        return false;
      }
      i++;
    }
    return i >= to;
  }

  /** Whether a comma stands before that place, white space apart. */
  boolean commaBefore(int at) {
    var i = at - 1;
    while (i >= 0 && Text.isSpace(text.chars[i]) && --budget > 0) {
      i--;
    }
    return text.at(i) == ',';
  }

  /**
   * Whether a container is a remark inside a sentence: a reference like [1], a placeholder like
   * {name}, a word in brackets.
   */
  boolean isAside(JsonNode value, int start, int end) {
    if (!value.isArray() || value.isEmpty() || value.size() > MOST_ASIDE_ITEMS) {
      return false;
    }
    if (startsLine(start) && endsLine(end)) {
      return false;
    }
    for (var item : value) {
      var reference = item.isInt() && item.intValue() >= 0 && item.intValue() <= HIGHEST_REFERENCE;
      if (!reference && !item.isTextual()) {
        return false;
      }
    }
    return text.nextRaw('"', start) >= end && text.nextRaw('\'', start) >= end;
  }

  /** Where the one scalar of a text without containers starts, or -1 if it is prose. */
  int scalarStart() {
    var i = text.skipSpace(0);
    if (text.startsWith("```", i)) {
      i += 3;
      while (Character.isLetter(text.at(i))) {
        i++;
      }
      i = text.skipSpace(i);
    } else if (text.startsWithIgnoringCase("json", i)) {
      i = text.skipSpace(text.at(i + 4) == ':' ? i + 5 : i + 4);
    }
    var c = text.at(i);
    var word = i;
    while (Character.isLetter(text.at(word)) && word - i < 12) {
      word++;
    }
    var rest = text.skipSpace(word);
    if (Character.isLetter(c)) {
      return rest >= text.length || text.at(rest) == '`' ? literalAt(i, word) : -1;
    }
    return Quotes.opens(c) || ScalarReader.isNumberStart(c) ? i : -1;
  }

  private int literalAt(int start, int end) {
    var word = text.slice(start, end).toLowerCase(java.util.Locale.ROOT);
    var whole = List.of("true", "false", "null", "none", "undefined", "nan", "infinity");
    for (var literal : whole) {
      if (literal.equals(word)
          || (literal.startsWith(word)
              && end >= text.length
              && word.length() <= 4
              && ("true".equals(literal) || "false".equals(literal) || "null".equals(literal)))) {
        return start;
      }
    }
    return -1;
  }

  /** Whether there is text outside the documents, white space and fences apart. */
  boolean sawText(List<Found> found) {
    var from = text.at(0) == '\uFEFF' ? 1 : 0;
    for (var document : found) {
      if (hasLetters(from, document.start())) {
        return true;
      }
      from = Math.max(from, document.end());
    }
    return !found.isEmpty() && hasLetters(from, text.length);
  }

  private boolean hasLetters(int from, int to) {
    for (var i = from; i < to; i++) {
      var c = text.chars[i];
      if (!Text.isSpace(c) && c != '`' && c != '}' && c != ']') {
        return true;
      }
    }
    return false;
  }
}
