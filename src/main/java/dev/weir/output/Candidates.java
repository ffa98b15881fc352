package dev.weir.output;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the stretches of a text that may be JSON: what stands between an opening brace or bracket
 * and the one that closes it. Prose, code fences and tags around them need no rule of their own.
 *
 * <p>One pass, whatever the text: an opener that is never closed, or closed by the wrong one, is
 * given up together with what it holds, and the repair has to look at it. Citation marks such as
 * {@code [1]} are no candidates. The longest {@value #MOST} are kept.
 */
final class Candidates {
  private static final int MOST = 16;

  private record Span(int start, int end) {
    int length() {
      return end - start;
    }
  }

  private final String text;
  private final List<Span> found = new ArrayList<>();
  private final StringBuilder openers = new StringBuilder();
  private int start;

  private Candidates(String text) {
    this.text = text;
  }

  /** The candidates in the order of the text. */
  static List<String> in(String text) {
    var candidates = new Candidates(text);
    candidates.scan();
    return candidates.found.stream().map(s -> text.substring(s.start(), s.end())).toList();
  }

  private void scan() {
    for (var i = 0; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '{', '[' -> open(i);
        case '}' -> close('{', i);
        case ']' -> close('[', i);
        case '"' -> i = inside() ? afterString(i) - 1 : i;
        default -> {}
      }
    }
  }

  private boolean inside() {
    return !openers.isEmpty();
  }

  private void open(int at) {
    if (!inside()) {
      start = at;
    }
    openers.append(text.charAt(at));
  }

  private void close(char opener, int at) {
    var last = openers.length() - 1;
    if (last < 0) {
      return;
    }
    if (openers.charAt(last) != opener) {
      openers.setLength(0);
      return;
    }
    openers.setLength(last);
    if (last == 0) {
      add(at + 1);
    }
  }

  /** The place after the string that opens at {@code quote}; the end of the text if it is open. */
  private int afterString(int quote) {
    for (var i = quote + 1; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '\\' -> i++;
        case '"' -> {
          return i + 1;
        }
        default -> {}
      }
    }
    return text.length();
  }

  private void add(int end) {
    var candidate = new Span(start, end);
    if (CitationMarks.isMark(text, start, end)) {
      return;
    }
    if (found.size() == MOST) {
      var shortest = 0;
      for (var i = 1; i < MOST; i++) {
        if (found.get(i).length() < found.get(shortest).length()) {
          shortest = i;
        }
      }
      if (found.get(shortest).length() > candidate.length()) {
        return;
      }
      found.remove(shortest);
    }
    found.add(candidate);
  }
}
