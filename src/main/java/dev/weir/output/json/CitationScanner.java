package dev.weir.output.json;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the citation marks of one string, in one pass. */
final class CitationScanner {
  private static final int LONGEST_MARK = 64;

  private final String text;
  private final int highest;
  private final List<Mark> marks = new ArrayList<>();

  CitationScanner(String text, int highest) {
    this.text = text;
    this.highest = highest;
  }

  /**
   * A mark.
   *
   * @param cut where the text before it ends, without the space that led to the mark
   * @param start where its bracket opens
   * @param end the place after its closing bracket
   * @param sources the numbers in it
   */
  record Mark(int cut, int start, int end, List<Integer> sources) {}

  List<Mark> marks() {
    var code = false;
    var fence = false;
    for (var i = 0; i < text.length(); ) {
      var c = text.charAt(i);
      if (c == '`') {
        if (text.startsWith("```", i)) {
          fence = !fence;
          i += 3;
        } else {
          code = !code && text.indexOf('`', i + 1) > 0;
          i++;
        }
      } else if (isOpener(c) && !code && !fence) {
        i = group(i);
      } else {
        i++;
      }
    }
    return marks;
  }

  /** Reads adjacent groups as one decision: what stands around all of them counts. */
  private int group(int start) {
    var own = new ArrayList<Mark>();
    var i = start;
    while (i < text.length() && isOpener(text.charAt(i))) {
      var mark = mark(i);
      if (mark == null) {
        break;
      }
      own.add(mark);
      i = mark.end();
      if (i + 1 < text.length() && text.charAt(i) == ' ' && isOpener(text.charAt(i + 1))) {
        i++;
      }
    }
    if (own.isEmpty()) {
      return start + 1;
    }
    var end = own.getLast().end();
    if (!standsAsMark(start, end)) {
      return end;
    }
    for (var k = 0; k < own.size(); k++) {
      var mark = own.get(k);
      var cut = k == 0 ? cut(start, end) : own.get(k - 1).end();
      marks.add(new Mark(cut, mark.start(), mark.end(), mark.sources()));
    }
    return end;
  }

  private @Nullable Mark mark(int start) {
    var close = closer(text.charAt(start));
    var sources = new ArrayList<Integer>();
    var number = -1;
    var range = -1;
    for (var i = start + 1; i < text.length() && i - start < LONGEST_MARK; i++) {
      var c = text.charAt(i);
      var digit = Character.digit(c, 10);
      if (digit >= 0) {
        number = Math.max(number, 0) * 10 + digit;
        if (number > highest) {
          return null;
        }
      } else if (c == close || c == ',' || c == '\uFF0C' || c == ';') {
        if (number < 1 || !collect(sources, range, number)) {
          return null;
        }
        if (c == close) {
          return new Mark(start, start, i + 1, List.copyOf(sources));
        }
        number = -1;
        range = -1;
      } else if ((c == '-' || c == '\u2013') && number > 0 && range < 0) {
        range = number;
        number = -1;
      } else if (c == '\u2020' && number > 0) {
        // The form with a dagger names its source after it.
        var end = text.indexOf(close, i);
        if (end < 0 || end - start > LONGEST_MARK || !collect(sources, range, number)) {
          return null;
        }
        return new Mark(start, start, end + 1, List.copyOf(sources));
      } else if (c != ' ' && c != '^' && c != '\u3000') {
        return null;
      } else if (c == ' '
          && number > 0
          && i + 1 < text.length()
          && Character.isDigit(text.charAt(i + 1))) {
        return null;
      }
    }
    return null;
  }

  private static boolean collect(List<Integer> sources, int from, int to) {
    if (from > to || to - from > 100) {
      return false;
    }
    for (var k = from > 0 ? from : to; k <= to; k++) {
      sources.add(k);
    }
    return true;
  }

  /** Whether what stands around the brackets is a sentence. */
  private boolean standsAsMark(int start, int end) {
    var before = start == 0 ? ' ' : text.charAt(start - 1);
    var after = end >= text.length() ? ' ' : text.charAt(end);
    if (text.substring(0, start).isBlank()) {
      // A string that starts with brackets: a list, an index or a numbered note, not a citation.
      return false;
    }
    if (after == '(' || after == '[' || after == ':' || after == '_' || after == '=') {
      return false;
    }
    if (Character.isLetterOrDigit(after) && !isIdeograph(after)) {
      return false;
    }
    if (before == ' ') {
      var word = lastBefore(start);
      return "=([{:,<>+*/&|".indexOf(word) < 0 && !followsCode(end);
    }
    if ("=([{:<>+*/&|_\\$".indexOf(before) >= 0 || (before == ')' && followsCode(end))) {
      return false;
    }
    return !(Character.isLetterOrDigit(before) && (looksLikeCode(start) || followsCode(end)));
  }

  private char lastBefore(int start) {
    var i = start - 1;
    while (i > 0 && text.charAt(i) == ' ') {
      i--;
    }
    return text.charAt(i);
  }

  /** Whether an operator of code follows: {@code x[1] = 2}, {@code a[1].b}. */
  private boolean followsCode(int end) {
    var i = end;
    while (i < text.length() && text.charAt(i) == ' ') {
      i++;
    }
    if (i >= text.length()) {
      return false;
    }
    var c = text.charAt(i);
    if (c == '=' || c == '+' || c == '*' || c == '<' || c == '>' || c == '}') {
      return true;
    }
    return i == end
        && c == '.'
        && i + 1 < text.length()
        && Character.isLowerCase(text.charAt(i + 1));
  }

  /** Whether the word before is an identifier rather than a word of a language. */
  private boolean looksLikeCode(int start) {
    var i = start - 1;
    var upper = false;
    while (i >= 0 && (Character.isLetterOrDigit(text.charAt(i)) || text.charAt(i) == '_')) {
      var c = text.charAt(i);
      if (c == '_' || (upper && Character.isLowerCase(c))) {
        return true;
      }
      upper = Character.isUpperCase(c);
      i--;
    }
    return (start - 1 - i == 1 && Character.isLetter(text.charAt(start - 1)))
        || (i >= 0
            && (text.charAt(i) == '.' || text.charAt(i) == '$')
            && i < start - 2
            && i > 0
            && Character.isLetterOrDigit(text.charAt(i - 1)));
  }

  /** The space before a mark goes with it if what follows does not need it. */
  private int cut(int start, int end) {
    if (start == 0 || text.charAt(start - 1) != ' ') {
      return start;
    }
    var after = end >= text.length() ? ' ' : text.charAt(end);
    return after == ' ' || after == '\n' || ".,;:!?)".indexOf(after) >= 0 ? start - 1 : start;
  }

  private static boolean isIdeograph(char c) {
    return Character.isIdeographic(c);
  }

  private static boolean isOpener(char c) {
    return c == '[' || c == '\u3010' || c == '\uFF3B';
  }

  private static char closer(char opener) {
    return switch (opener) {
      case '[' -> ']';
      case '\u3010' -> '\u3011';
      default -> '\uFF3D';
    };
  }
}
