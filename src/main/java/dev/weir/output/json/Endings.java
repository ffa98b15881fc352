package dev.weir.output.json;

/**
 * The questions that decide whether a character inside a string ends it. Each looks ahead by the
 * index of {@link Text}, so an answer costs no scan.
 */
final class Endings {
  /** What a comma inside a member's value means. */
  enum Comma {
    /** It ends the value: a member follows. */
    MEMBER,
    /** It belongs to the text, and an inline object or array follows. */
    CONTAINER,
    /** It belongs to the text. */
    TEXT
  }

  /** What a quote inside a string means. */
  enum Verdict {
    CLOSES,
    /** The string, which had no opening quote, ends before this quote. */
    BEFORE,
    LITERAL,
    /** It is literal, and so is the quote after it. */
    OPENS_PHRASE
  }

  /** What a code fence right after a brace means. */
  enum Fence {
    /** It wraps the document, which the brace ends. */
    WRAPPER,
    /** Brace and fence are text of the string. */
    TEXT,
    /** As before, and an inline container follows. */
    TEXT_THEN_CONTAINER
  }

  private final Cursor cursor;
  private final Text text;

  Endings(Cursor cursor) {
    this.cursor = cursor;
    this.text = cursor.text;
  }

  /** Whether what follows is what a string in that place should be followed by. */
  boolean rightlyFollowed(int after, Place place) {
    var i = text.skipSpace(after);
    if ((text.at(i) == '/' && (text.at(i + 1) == '/' || text.at(i + 1) == '*'))
        || text.at(i) == '#') {
      i = cursor.lookPastComments(i);
    }
    var c = text.at(i);
    if (place == Place.KEY) {
      return c == ':' || c == '=';
    }
    if (c == ',' || i >= text.length) {
      return true;
    }
    if (c == '+') {
      return Quotes.opens(text.at(text.skipSpace(i + 1)));
    }
    if (c == ')') {
      return place == Place.ITEM;
    }
    return c == '}'
        ? place == Place.MEMBER || cursor.objects > 0
        : c == ']' && (place == Place.ITEM || cursor.arrays > 0);
  }

  boolean closerOrComma(int after) {
    var i = text.skipSpace(after);
    var c = text.at(i);
    return i >= text.length || c == ',' || c == '}' || c == ']' || c == ':';
  }

  /** Whether text without quotes ends at {@code i}. */
  boolean endsBare(int i, Place place, CharSequence soFar) {
    var c = text.chars[i];
    return switch (place) {
      case KEY -> c == ':' || Text.isSpace(c) || c == ',' || (c == '}' && !soFar.isEmpty());
      case ITEM ->
          c == ']'
              || c == ','
              || c == '\n'
              || (c == '}' && cursor.objects + cursor.sets > 0)
              || (c == ')' && cursor.arrays > 0 && soFar.toString().indexOf('(') < 0);
      case MEMBER -> c == '\n' && cursor.memberStartsAt(text.skipSpace(i));
    };
  }

  /** What the comma at {@code i} means inside the value of a member. */
  Comma comma(int i, boolean bare, char close) {
    if (!bare && cutInside(i, close)) {
      return Comma.TEXT;
    }
    var next = text.skipSpace(i + 1);
    var c = text.at(next);
    if (next >= text.length || c == '}') {
      return Comma.MEMBER;
    }
    if (Quotes.opens(c)) {
      return c > 127 && close < 128 ? Comma.TEXT : memberOrText(c, next);
    }
    if (c == '`') {
      return cursor.bareKeyAt(next + 1) ? Comma.MEMBER : Comma.TEXT;
    }
    if (Cursor.isKeyPart(c) && cursor.bareKeyAt(next)) {
      return Comma.MEMBER;
    }
    if (c == '{' || c == '[') {
      return Comma.CONTAINER;
    }
    var quote = Math.min(text.next('"', next), text.next('\'', next));
    quote = Math.min(quote, text.nextRaw('\u201D', next));
    var container = Math.min(text.next('{', next), text.next('[', next));
    if (quote >= text.length || container < quote || (bare && commaRightBefore(quote, next))) {
      return Comma.TEXT;
    }
    return memberOrText(text.at(quote), quote);
  }

  /** Whether a later comma, right before the quote, is the one that separates. */
  private boolean commaRightBefore(int quote, int from) {
    var i = quote - 1;
    while (i > from && quote - i < 64 && Text.isSpace(text.at(i))) {
      i--;
    }
    return i > from && text.at(i) == ',';
  }

  /**
   * Whether the text ends inside this very string: its closing quote never comes, and nothing that
   * would close the object does.
   */
  private boolean cutInside(int i, char close) {
    return text.next(close, i) >= text.length
        && text.count('}', i, text.length) <= text.count('{', i, text.length);
  }

  private Comma memberOrText(char quote, int at) {
    var end = text.next(Quotes.closer(quote), at + 1);
    return end < text.length && text.at(text.skipSpace(end + 1)) == ':' ? Comma.MEMBER : Comma.TEXT;
  }

  /** Whether the brace at {@code i} ends the object and with it a value that lost its quote. */
  boolean braceEnds(int i, char open, char close) {
    var quote = text.next(close, i + 1);
    if (quote < text.length) {
      var after = text.skipSpace(quote + 1);
      var c = text.at(after);
      if (after >= text.length || c == ',' || c == '}') {
        return false;
      }
      var another = text.next(open, after);
      if (another >= text.length) {
        return false;
      }
      var beyond = text.skipSpace(another + 1);
      return (beyond >= text.length || text.at(beyond) == ':') && text.at(i + 1) != '\\';
    }
    if (text.next(':', i + 1) < text.length) {
      return true;
    }
    var next = text.skipSpace(i + 1);
    var brace = text.next('}', next);
    return brace - next <= 1 && text.at(i + 1) != '\\';
  }

  /** Whether the colon at {@code i} ends a quoted key that lost its closing quote. */
  boolean keyLostItsQuote(int i, char open, char close) {
    var start = text.next(open, i + 1);
    if (start >= text.length) {
      return true;
    }
    var end = text.next(close, start + 1);
    if (end >= text.length) {
      return false;
    }
    var c = text.at(text.skipSpace(end + 1));
    return c == ',' || c == '}';
  }

  /** What the quote at {@code i} means, inside a string that is not empty so far. */
  Verdict quote(int i, Place place, boolean bare, char open, char close, CharSequence soFar) {
    if (bare && place == Place.MEMBER) {
      var other = Math.min(text.nextRaw(close, i + 1), text.nextRaw(open, i + 1));
      return other < text.length && text.at(text.skipSpace(other + 1)) == ':'
          ? Verdict.BEFORE
          : Verdict.CLOSES;
    }
    if (close == '\''
        && Character.isLetter(soFar.charAt(soFar.length() - 1))
        && Character.isLetter(text.at(i + 1))) {
      return Verdict.LITERAL;
    }
    if (place == Place.KEY && text.at(text.skipSpace(i + 1)) == '=') {
      return Verdict.CLOSES;
    }
    var stop = firstStop(i + 1, place, open, close);
    var c = text.at(stop);
    if (c == ',' && place == Place.MEMBER) {
      var quote = text.next(close, stop + 1);
      var beyond = text.at(text.skipSpace(quote + 1));
      return beyond == '}' || beyond == ',' ? Verdict.LITERAL : Verdict.CLOSES;
    }
    if (stop >= text.length || c != close || text.at(stop - 1) == '\\') {
      return Verdict.CLOSES;
    }
    var spaceOnly = text.skipSpace(i + 1) == stop;
    return switch (place) {
      case KEY -> spaceOnly || structureBefore(stop, i) ? Verdict.CLOSES : Verdict.LITERAL;
      case ITEM -> spaceOnly || !evenQuotes(stop, close) ? Verdict.CLOSES : Verdict.OPENS_PHRASE;
      case MEMBER -> inMember(stop, spaceOnly, close);
    };
  }

  /** Whether a comma or an opener stands between two quotes: then the first one ends a key. */
  private boolean structureBefore(int stop, int from) {
    var first = Math.min(text.nextRaw('[', from), text.nextRaw('{', from));
    return Math.min(first, text.nextRaw(',', from)) < stop;
  }

  private Verdict inMember(int stop, boolean spaceOnly, char close) {
    if (memberFollows(stop)) {
      return Verdict.LITERAL;
    }
    if (spaceOnly) {
      return Verdict.CLOSES;
    }
    var from = text.next(close, stop + 1) + 1;
    var end = Math.min(text.nextRaw(',', from), text.nextRaw(']', from));
    end = Math.min(end, Math.min(text.nextRaw('}', from), text.next(close, from)));
    return text.nextRaw(':', from) < end ? Verdict.CLOSES : Verdict.OPENS_PHRASE;
  }

  private int firstStop(int from, Place place, char open, char close) {
    var stop = Math.min(text.nextRaw(close, from), text.nextRaw(open, from));
    if (place == Place.KEY) {
      stop = Math.min(stop, text.nextRaw(':', from));
    }
    if (cursor.objects > 0) {
      stop = Math.min(stop, text.nextRaw('}', from));
    }
    if (cursor.arrays > 0) {
      stop = Math.min(stop, Math.min(text.nextRaw(']', from), text.nextRaw(',', from)));
    }
    if (place == Place.MEMBER) {
      var comma = text.nextRaw(',', from);
      if (comma < stop && comma < text.nextLetter(from)) {
        stop = comma;
      }
    }
    return stop;
  }

  private boolean memberFollows(int quote) {
    var comma = text.skipSpace(quote + 1);
    return text.at(comma) == ',' && cursor.memberStartsAt(cursor.lookPastComments(comma + 1));
  }

  /** Whether an even number of quotes lies between here (included) and the array's end. */
  private boolean evenQuotes(int quote, char close) {
    var end = text.next(']', quote + 1);
    return text.count(close, quote, end) % 2 == 0;
  }

  /** What a fence after a brace means: text if a rightful end of the string comes later. */
  Fence fenceAfterBrace(int fence, char close) {
    var meaning = Fence.TEXT;
    var from = cursor.lookPastComments(fence + 3);
    if (InlineContainers.opens(text.at(from))) {
      var end = skipContainer(from);
      if (end > 0) {
        var after = text.skipSpace(end);
        if (after >= text.length || text.at(after) == '}') {
          return Fence.WRAPPER;
        }
        if (text.at(after) == ',') {
          var next = cursor.lookPastComments(after + 1);
          if (next >= text.length || text.at(next) == '}' || cursor.memberStartsAt(next)) {
            return Fence.WRAPPER;
          }
        }
        from = end;
        meaning = Fence.TEXT_THEN_CONTAINER;
      }
    }
    for (var quote = text.next(close, from); quote < text.length; ) {
      if (--text.scans < 0) {
        return Fence.WRAPPER;
      }
      var after = text.skipSpace(quote + 1);
      var c = text.at(after);
      if (after >= text.length || c == ',' || c == '}' || c == ']') {
        return meaning;
      }
      quote = text.next(close, quote + 1);
    }
    return Fence.WRAPPER;
  }

  /** The end of the balanced object, array or group at {@code from}, or -1 if it has none. */
  int skipContainer(int from) {
    var closers = new StringBuilder();
    closers.append(InlineContainers.closer(text.at(from)));
    for (var i = from + 1; i < text.length; i++) {
      if (--text.scans < 0) {
        return -1;
      }
      var c = text.chars[i];
      if (Quotes.opens(c)) {
        i = text.next(Quotes.closer(c), i + 1);
      } else if (InlineContainers.opens(c) && nests(i)) {
        closers.append(InlineContainers.closer(c));
      } else if (c == closers.charAt(closers.length() - 1)) {
        closers.setLength(closers.length() - 1);
        if (closers.isEmpty()) {
          return i + 1;
        }
      }
    }
    return -1;
  }

  /** Whether an opener inside an inline container starts another, rather than being text. */
  private boolean nests(int i) {
    var before = i - 1;
    while (before > 0 && Text.isSpace(text.at(before)) && --text.scans > 0) {
      before--;
    }
    var previous = text.at(before);
    if (InlineContainers.opens(previous)) {
      return true;
    }
    if (previous != ',' && previous != ':') {
      return false;
    }
    var next = text.skipSpace(i + 1);
    var c = text.at(next);
    if (text.at(i) == '{') {
      return c == '}' || Quotes.opens(c) || (previous == ':' && cursor.bareKeyAt(next));
    }
    return c == ']'
        || c == ')'
        || c == '-'
        || Quotes.opens(c)
        || InlineContainers.opens(c)
        || Character.isDigit(c)
        || c == 't'
        || c == 'f'
        || c == 'n';
  }
}
