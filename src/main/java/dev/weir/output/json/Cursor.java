package dev.weir.output.json;

/** Where a tolerant reading stands, and what is open around it. */
final class Cursor {
  /** How far a look ahead follows comments; beyond, it answers no. */
  private static final int COMMENT_LOOK = 512;

  final Text text;
  final Edits edits;
  int at;

  /** Open arrays. */
  int arrays;

  /** Open objects. */
  int objects;

  /** Open sets: arrays that a brace opened and will close. */
  int sets;

  Cursor(Text text, Edits edits, int at) {
    this.text = text;
    this.edits = edits;
    this.at = at;
  }

  char here() {
    return text.at(at);
  }

  char peek(int ahead) {
    return text.at(at + ahead);
  }

  boolean ended() {
    return at >= text.length;
  }

  void edit(Edit.Kind kind, String description) {
    edits.add(at, kind, description);
  }

  void skipSpace() {
    at = text.skipSpace(at);
  }

  /** Skips white space and comments. */
  void skipFiller() {
    while (true) {
      skipSpace();
      var c = here();
      if (c != '#' && c != '/') {
        return;
      }
      if (c == '/' && peek(1) == '*') {
        edit(Edit.Kind.COMMENT, "A block comment was removed.");
        at = endOfBlockComment(at + 2);
      } else if (c == '#' || peek(1) == '/') {
        edit(Edit.Kind.COMMENT, "A line comment was removed.");
        at = endOfLineComment(at + 1);
      } else {
        edit(Edit.Kind.UNEXPECTED_TEXT, "A lone slash was removed.");
        at++;
      }
    }
  }

  /**
   * A line comment ends with its line. On the last line it would swallow the rest of the document,
   * so there it ends before the next closer of what is open.
   */
  private int endOfLineComment(int from) {
    var end = Math.min(text.nextRaw('\n', from), text.nextRaw('\r', from));
    if (end == text.length) {
      if (arrays > 0) {
        end = Math.min(end, text.nextRaw(']', from));
      }
      if (objects > 0) {
        end = Math.min(end, text.nextRaw('}', from));
      }
    }
    return end;
  }

  private int endOfBlockComment(int from) {
    for (var i = text.nextRaw('*', from); i < text.length; i = text.nextRaw('*', i + 1)) {
      if (text.at(i + 1) == '/') {
        return i + 2;
      }
    }
    return text.length;
  }

  /** The place after white space and short comments; used to look ahead only. */
  int lookPastComments(int from) {
    var i = text.skipSpace(from);
    var limit = i + COMMENT_LOOK;
    while (i < limit && (text.at(i) == '#' || text.at(i) == '/')) {
      if (text.at(i) == '#' || text.at(i + 1) == '/') {
        i = text.skipSpace(text.nextRaw('\n', i));
      } else if (text.at(i + 1) == '*') {
        var star = text.nextRaw('*', i + 2);
        while (star < limit && star < text.length && text.at(star + 1) != '/') {
          star = text.nextRaw('*', star + 1);
        }
        if (star >= limit || star >= text.length) {
          return i;
        }
        i = text.skipSpace(star + 2);
      } else {
        return i;
      }
    }
    return i;
  }

  /** Whether a quoted or bare key and its colon start there. */
  boolean memberStartsAt(int place) {
    var c = text.at(place);
    if (Quotes.opens(c)) {
      var close = Quotes.closer(c);
      var end = text.next(close, place + 1);
      return end < text.length && text.at(text.skipSpace(end + 1)) == ':';
    }
    return bareKeyAt(place);
  }

  /** Whether a bare key and its colon start there. */
  boolean bareKeyAt(int place) {
    var i = place;
    var limit = place + 128;
    while (i < limit && isKeyPart(text.at(i))) {
      i++;
    }
    return i > place && i < limit && text.at(text.skipSpace(i)) == ':';
  }

  static boolean isKeyPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '$';
  }
}
