package dev.weir.output.json;

import dev.weir.output.json.Edit.Kind;

/** Reads escapes, those of JSON and those that writers make up. */
final class Escapes {
  private static final char REPLACEMENT = '\uFFFD';

  private Escapes() {}

  /**
   * Reads the escape at {@code i} into {@code out}.
   *
   * @return the place after it
   */
  static int read(Text text, int i, StringBuilder out, char close, Edits edits) {
    var c = text.at(i + 1);
    if (i + 1 >= text.length) {
      return text.length;
    }
    switch (c) {
      case '"', '\\', '/' -> out.append(c);
      case 'n' -> out.append('\n');
      case 't' -> out.append('\t');
      case 'r' -> out.append('\r');
      case 'b' -> out.append('\b');
      case 'f' -> {
        if (Character.isLetter(text.at(i + 2))) {
          // A form feed before a letter is nearly always TeX: \frac, \foo.
          edits.add(i, Kind.BAD_ESCAPE, "A backslash that escapes nothing was kept as text.");
          out.append("\\f");
        } else {
          out.append('\f');
        }
      }
      case 'u' -> {
        return hex(text, i, 4, out, edits);
      }
      case 'x' -> {
        edits.add(i, Kind.BAD_ESCAPE, "An escape that JSON does not know was read.");
        return hex(text, i, 2, out, edits);
      }
      default -> {
        if (c != close && !Quotes.opens(c)) {
          out.append('\\');
          edits.add(i, Kind.BAD_ESCAPE, "A backslash that escapes nothing was kept as text.");
        } else {
          edits.add(i, Kind.BAD_ESCAPE, "A quote that needs no escape lost its backslash.");
        }
        out.append(c);
      }
    }
    return i + 2;
  }

  /**
   * Reads a run of backslashes and what it escapes, where quotes may be escaped once too often: a
   * doubly escaped quote that is not followed by what ends a string is a quote inside it.
   */
  static int readLoosely(
      Text text, int i, StringBuilder out, char close, Edits edits, Endings endings, Place place) {
    var j = i;
    while (j < text.length && text.chars[j] == '\\') {
      j++;
    }
    var run = j - i;
    if (j >= text.length) {
      backslashes(out, run / 2);
      return j;
    }
    if (text.chars[j] == close) {
      if (run == 1) {
        out.append(close);
        return j + 1;
      }
      if (run % 2 == 0 && endings.rightlyFollowed(j + 1, place)) {
        backslashes(out, run / 2);
        return j;
      }
      edits.add(i, Kind.BAD_ESCAPE, "A quote that was escaped too often is one quote.");
      out.append(close);
      return j + 1;
    }
    backslashes(out, run / 2);
    return run % 2 == 0 ? j : read(text, j - 1, out, close, edits);
  }

  private static void backslashes(StringBuilder out, int count) {
    for (var k = 0; k < count; k++) {
      out.append('\\');
    }
  }

  private static int hex(Text text, int i, int digits, StringBuilder out, Edits edits) {
    var value = 0;
    for (var k = 0; k < digits; k++) {
      var place = i + 2 + k;
      var digit = place < text.length ? Character.digit(text.chars[place], 16) : -1;
      if (digit < 0 || text.chars[place] > 'f') {
        if (place >= text.length) {
          return text.length;
        }
        edits.add(i, Kind.BAD_ESCAPE, "A backslash that escapes nothing was kept as text.");
        out.append('\\').append(text.at(i + 1));
        return i + 2;
      }
      value = value * 16 + digit;
    }
    out.append((char) value);
    return i + 2 + digits;
  }

  /** The value without half surrogates. */
  static String clean(String value, int position, Edits edits) {
    for (var i = 0; i < value.length(); i++) {
      var c = value.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && i + 1 < value.length()
            && Character.isLowSurrogate(value.charAt(i + 1))) {
          i++;
        } else {
          return withoutHalves(value, position, edits);
        }
      }
    }
    return value;
  }

  private static String withoutHalves(String value, int position, Edits edits) {
    edits.add(position, Kind.LONE_SURROGATE, "Half of a surrogate pair was replaced.");
    var out = new StringBuilder(value);
    for (var i = 0; i < out.length(); i++) {
      var c = out.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < out.length()
          && Character.isLowSurrogate(out.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        out.setCharAt(i, REPLACEMENT);
      }
    }
    return out.toString();
  }
}
