package dev.weir.output;

/**
 * Removes citation marks from prose: {@code [1]}, {@code [2][3]}, {@code [1, 2]} and the fullwidth
 * form with lenticular brackets.
 *
 * <p>A mark stands after something on its line, cites sources that exist, and is neither the text
 * of a Markdown link nor a footnote's definition nor inside back-ticks. A string without white
 * space is no prose (a path such as {@code items[1].name}) and stays. The blanks before a mark go
 * with it where they would be left dangling. Linear in the length of the text.
 */
final class CitationMarks {
  private static final int MOST_DIGITS = 3;
  private static final int LONGEST = 40;

  private CitationMarks() {}

  /**
   * The text without its marks.
   *
   * @param highest the highest number that a source has
   */
  static String remove(String text, int highest) {
    if (!hasBracket(text) || !hasSpace(text)) {
      return text;
    }
    var out = new StringBuilder(text.length());
    var code = false;
    for (var i = 0; i < text.length(); ) {
      var c = text.charAt(i);
      code ^= c == '`';
      var end = code || blankLine(out) ? -1 : markEnd(text, i, highest);
      if (end < 0) {
        out.append(c);
        i++;
      } else {
        i = end;
        if (!goesOn(text, i)) {
          trimBlanks(out);
        }
      }
    }
    return out.length() == text.length() ? text : out.toString();
  }

  /** Whether this part of the text is one mark. */
  static boolean isMark(String text, int start, int end) {
    return closing(text, start, Integer.MAX_VALUE) == end;
  }

  /** The place after the mark that begins here, or -1 if none does. */
  private static int markEnd(String text, int start, int highest) {
    var end = closing(text, start, highest);
    return end >= 0 && end < text.length() && (text.charAt(end) == '(' || text.charAt(end) == ':')
        ? -1
        : end;
  }

  private static int closing(String text, int start, int highest) {
    return switch (text.charAt(start)) {
      case '[' -> numbers(text, start + 1, ']', highest);
      case '\u3010' -> numbers(text, start + 1, '\u3011', highest);
      default -> -1;
    };
  }

  /** Numbers with commas and blanks between them, then, in the fullwidth form, a dagger's tail. */
  private static int numbers(String text, int from, char closer, int highest) {
    var number = 0;
    var digits = 0;
    var limit = Math.min(text.length(), from + LONGEST);
    for (var i = from; i < limit; i++) {
      var c = text.charAt(i);
      if (c >= '0' && c <= '9' && digits < MOST_DIGITS) {
        number = number * 10 + c - '0';
        digits++;
      } else if (c == closer) {
        return exists(number, digits, highest) ? i + 1 : -1;
      } else if (c == '\u2020' && closer == '\u3011' && exists(number, digits, highest)) {
        var end = text.indexOf(closer, i);
        return end >= 0 && end < limit ? end + 1 : -1;
      } else if (c == ',' && exists(number, digits, highest)) {
        number = 0;
        digits = 0;
      } else if (c != ' ' || digits > 0) {
        return -1;
      }
    }
    return -1;
  }

  private static boolean exists(int number, int digits, int highest) {
    return digits > 0 && number >= 1 && number <= highest;
  }

  /** Whether a word follows directly, which then still needs the blank before the mark. */
  private static boolean goesOn(String text, int at) {
    return at < text.length() && Character.isLetterOrDigit(text.charAt(at));
  }

  private static void trimBlanks(StringBuilder out) {
    var end = out.length();
    while (end > 0 && (out.charAt(end - 1) == ' ' || out.charAt(end - 1) == '\t')) {
      end--;
    }
    out.setLength(end);
  }

  /** Whether nothing stands on the line so far; looks at a few characters only. */
  private static boolean blankLine(StringBuilder out) {
    for (var i = out.length() - 1; i >= 0 && i >= out.length() - LONGEST; i--) {
      if (out.charAt(i) == '\n') {
        return true;
      }
      if (!Character.isWhitespace(out.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean hasBracket(String text) {
    return text.indexOf('[') >= 0 || text.indexOf('\u3010') >= 0;
  }

  private static boolean hasSpace(String text) {
    return text.chars().anyMatch(Character::isWhitespace);
  }
}
