package dev.weir.providers;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes up a string for a simple regular expression: literals, classes, groups, alternatives (the
 * first is taken) and quantifiers. For anything else it throws {@link IllegalArgumentException},
 * and whoever asks checks the result in any case. One per string.
 */
final class PatternWriter {
  private static final int MOST = 500;
  private static final int MOST_STEPS = 20_000;
  private static final int DEEPEST = 50;
  private static final int LONGEST = 1_000;
  private static final long MOST_COPIES = 10_000;
  private static final Pattern COUNTS = Pattern.compile("\\{(\\d{1,9})(?:,(\\d{0,9}))?}");

  private final String pattern;
  private final Words words;
  private final int extra;
  private int at;
  private int steps;
  private int depth;

  /**
   * A writer.
   *
   * @param extra repetitions beyond the least where a quantifier leaves room
   */
  PatternWriter(String pattern, Words words, int extra) {
    this.pattern = pattern;
    this.words = words;
    this.extra = extra;
  }

  /**
   * Whether the pattern is small enough to be compiled: RE2 writes counted repetitions out, and
   * nested ones multiply.
   */
  static boolean isModest(String pattern) {
    var product = 1L;
    var counted = COUNTS.matcher(pattern);
    while (counted.find() && product <= MOST_COPIES) {
      product *= Math.max(1, Math.max(number(counted.group(1)), number(counted.group(2))));
    }
    return pattern.length() <= LONGEST && product <= MOST_COPIES;
  }

  private static long number(@Nullable String digits) {
    return digits == null || digits.isEmpty() ? 0 : Long.parseLong(digits);
  }

  String write() {
    var text = alternatives();
    if (at < pattern.length()) {
      throw new IllegalArgumentException("unbalanced");
    }
    return text;
  }

  private String alternatives() {
    var first = sequence();
    while (at < pattern.length() && pattern.charAt(at) == '|') {
      at++;
      sequence();
    }
    return first;
  }

  private String sequence() {
    var text = new StringBuilder();
    while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
      var start = at;
      var once = atom();
      var afterAtom = at;
      var times = quantifier();
      text.append(once);
      var resume = at;
      for (var i = 1; i < times; i++) {
        at = start;
        text.append(atom());
      }
      if (times == 0) {
        text.setLength(text.length() - once.length());
      }
      at = Math.max(resume, afterAtom);
      if (text.length() > MOST) {
        throw new IllegalArgumentException("too long");
      }
    }
    return text.toString();
  }

  private String atom() {
    if (++steps > MOST_STEPS) {
      throw new IllegalArgumentException("too much work");
    }
    var c = pattern.charAt(at++);
    return switch (c) {
      case '^', '$' -> "";
      case '.' -> String.valueOf((char) words.number('a', 'z'));
      case '\\' -> escape();
      case '[' -> charClass();
      case '(' -> group();
      case '*', '+', '?', '{' -> throw new IllegalArgumentException("nothing to repeat");
      default -> String.valueOf(c);
    };
  }

  private String group() {
    if (pattern.startsWith("?:", at)) {
      at += 2;
    } else if (pattern.startsWith("?", at)) {
      throw new IllegalArgumentException("a group beyond this writer");
    }
    if (++depth > DEEPEST) {
      throw new IllegalArgumentException("too deep");
    }
    var text = alternatives();
    if (at >= pattern.length()) {
      throw new IllegalArgumentException("unbalanced");
    }
    depth--;
    at++;
    return text;
  }

  private String escape() {
    if (at >= pattern.length()) {
      throw new IllegalArgumentException("a lone backslash");
    }
    var c = pattern.charAt(at++);
    return switch (c) {
      case 'd' -> String.valueOf(words.number(0, 9));
      case 'w' -> String.valueOf((char) words.number('a', 'z'));
      case 's' -> " ";
      case 'D', 'S' -> "x";
      case 'W' -> "-";
      case 'b', 'B', 'A', 'z' -> "";
      case 'n' -> "\n";
      case 't' -> "\t";
      case 'p', 'P' -> property();
      default -> String.valueOf(c);
    };
  }

  /** Letters will do for most Unicode properties; whoever asks checks. */
  private String property() {
    if (at < pattern.length() && pattern.charAt(at) == '{') {
      at = pattern.indexOf('}', at) + 1;
    } else {
      at++;
    }
    return String.valueOf((char) words.number('a', 'z'));
  }

  /** One of the class's members; of a negated class a letter, a digit or a mark outside it. */
  private String charClass() {
    var end = at + (pattern.startsWith("^", at) ? 2 : 1);
    while (end < pattern.length() && pattern.charAt(end) != ']') {
      end += pattern.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= pattern.length()) {
      throw new IllegalArgumentException("an open class");
    }
    var body = pattern.substring(at, end);
    at = end + 1;
    var member = com.google.re2j.Pattern.compile("[" + body + "]");
    var start = (int) words.number(0, 61);
    var candidates =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_.,:;/+#@!?()'\"&%$";
    for (var i = 0; i < candidates.length(); i++) {
      var index = i < 62 ? (start + i) % 62 : i;
      var one = candidates.substring(index, index + 1);
      if (member.matches(one)) {
        return one;
      }
    }
    throw new IllegalArgumentException("no member known");
  }

  private int quantifier() {
    if (at >= pattern.length()) {
      return 1;
    }
    var times =
        switch (pattern.charAt(at)) {
          case '?' -> 1;
          case '*', '+' -> 1 + extra;
          case '{' -> counted();
          default -> -1;
        };
    if (times < 0) {
      return 1;
    }
    at++;
    if (at < pattern.length() && pattern.charAt(at) == '?') {
      at++;
    }
    return times;
  }

  /** Leaves {@code at} on the closing brace. */
  private int counted() {
    var end = pattern.indexOf('}', at);
    var bounds = end < 0 ? new String[0] : pattern.substring(at + 1, end).split(",", -1);
    if (bounds.length == 0 || !bounds[0].matches("\\d{1,4}")) {
      throw new IllegalArgumentException("no count");
    }
    at = end;
    var least = Integer.parseInt(bounds[0]);
    if (bounds.length == 1) {
      return least;
    }
    var most = bounds[1].matches("\\d{1,4}") ? Integer.parseInt(bounds[1]) : least + extra;
    return Math.min(least + extra, Math.max(least, most));
  }
}
