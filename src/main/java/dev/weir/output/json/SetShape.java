package dev.weir.output.json;

/** Tells a set in braces, {"a", "b"}, from an object that lost its colons. */
final class SetShape {
  private SetShape() {}

  /**
   * Whether what the brace at {@code start} opens has no colon before its closing brace and starts
   * like a list: one quoted text alone or followed by another, or unquoted items.
   */
  static boolean at(Cursor cursor, int start) {
    var text = cursor.text;
    var first = cursor.at;
    var close = text.next('}', first);
    if (close >= text.length) {
      return false;
    }
    var c = text.at(first);
    if (!Quotes.opens(c)) {
      var comma = Math.min(close, text.nextRaw(',', first));
      var quote = Math.min(text.next('"', first), text.next('\'', first));
      quote = Math.min(quote, text.nextRaw('\u201D', first));
      return text.next(':', start) > close && comma < quote;
    }
    var end = text.next(Quotes.closer(c), first + 1);
    var after = text.skipSpace(end + 1);
    close = text.next('}', end + 1);
    if (end >= text.length || close >= text.length || text.at(start) != '{') {
      return false;
    }
    if (text.at(after) == '}') {
      return true;
    }
    var second = text.skipSpace(after + 1);
    return text.at(after) == ','
        && text.next(':', start) > close
        && (Quotes.opens(text.at(second)) || text.at(second) == '}');
  }
}
