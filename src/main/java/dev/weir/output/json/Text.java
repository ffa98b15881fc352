package dev.weir.output.json;

import java.util.Arrays;

/**
 * The text of one repair, with answers to "where is the next ...?" in constant or logarithmic time.
 *
 * <p>A tolerant parser decides at a quote or a comma by what comes later. Looking there by scanning
 * is what makes such parsers quadratic. Here each character that is asked for gets a sorted list of
 * its places, built on the first question in one pass, so that a repair is linear whatever the text
 * is. A question usually follows the one before it, so the last answer is tried first.
 */
final class Text {
  /** A place that no character is at: what {@link #at} answers beyond the end. */
  static final char NONE = '\0';

  /**
   * How many steps are left for the few looks ahead that scan. Shared by all who read this text, so
   * that they are linear together; without any left, such a look answers no.
   */
  long scans;

  /** How many places were looked at, to show that looking ahead stays linear. */
  long looks;

  private static final int SHORT_RUN = 64;
  private static final int[] EMPTY = new int[0];

  final char[] chars;
  final int length;

  private final Places[] bare = new Places[128];
  private final Places[] escapable = new Places[128];
  private final Places[] wide = new Places[4];
  private int[] runStarts = EMPTY;
  private int[] runEnds = EMPTY;
  private boolean runsKnown;
  private int letterFrom = -1;
  private int letterTo = -1;

  Text(char[] chars, int length) {
    this.chars = chars;
    this.length = length;
    this.scans = 4L * length + 4096;
  }

  /** The character there, or {@link #NONE} outside the text. */
  char at(int place) {
    return place >= 0 && place < length ? chars[place] : NONE;
  }

  /** The first {@code c} at or after {@code from} that no backslash escapes, or the length. */
  int next(char c, int from) {
    looks++;
    return places(c, true).next(from);
  }

  /** The first {@code c} at or after {@code from}, escaped or not, or the length. */
  int nextRaw(char c, int from) {
    looks++;
    return places(c, false).next(from);
  }

  /** How many unescaped {@code c} there are from {@code from} (included) to {@code to} (not). */
  int count(char c, int from, int to) {
    var places = places(c, true);
    return Math.max(0, places.rank(to) - places.rank(from));
  }

  /** The first place at or after {@code from} that holds no white space, or the length. */
  int skipSpace(int from) {
    var i = from;
    var near = Math.min(length, from + SHORT_RUN);
    while (i < near && isSpace(chars[i])) {
      i++;
    }
    looks += i - from;
    return i < near || i >= length ? Math.min(i, length) : endOfRun(i);
  }

  /** The first letter at or after {@code from}, or the length; cheap for places that only grow. */
  int nextLetter(int from) {
    if (from < letterFrom || from > letterTo) {
      letterFrom = from;
      letterTo = from;
    }
    if (letterTo < length && letterTo >= from && !Character.isLetter(chars[letterTo])) {
      var i = letterTo;
      while (i < length && !Character.isLetter(chars[i])) {
        i++;
      }
      looks += i - letterTo;
      letterTo = i;
    }
    return letterTo;
  }

  /** The first control character at or after {@code from} and before {@code to}, or -1. */
  int controlBetween(int from, int to) {
    for (var i = from; i < to; i++) {
      if (chars[i] < ' ') {
        return i;
      }
    }
    return -1;
  }

  /** Whether the text has {@code word} at that place. */
  boolean startsWith(String word, int place) {
    if (place < 0 || place + word.length() > length) {
      return false;
    }
    for (var i = 0; i < word.length(); i++) {
      if (chars[place + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** As {@link #startsWith}, without regard to ASCII case; {@code word} is lower case. */
  boolean startsWithIgnoringCase(String word, int place) {
    if (place < 0 || place + word.length() > length) {
      return false;
    }
    for (var i = 0; i < word.length(); i++) {
      var c = chars[place + i];
      if ((c >= 'A' && c <= 'Z' ? (char) (c + 32) : c) != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  String slice(int from, int to) {
    return new String(chars, from, to - from);
  }

  /** White space as a tolerant reader sees it: control characters and Unicode spaces too. */
  static boolean isSpace(char c) {
    if (c <= ' ') {
      return true;
    }
    if (c < 0x85) {
      return false;
    }
    return c == 0x85
        || c == 0xA0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200B)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000
        || c == 0xFEFF;
  }

  private int endOfRun(int from) {
    if (!runsKnown) {
      findRuns();
    }
    var i = Arrays.binarySearch(runEnds, from + 1);
    var run = i >= 0 ? i : -i - 1;
    return run < runEnds.length && runStarts[run] <= from ? runEnds[run] : from;
  }

  private void findRuns() {
    runsKnown = true;
    var starts = new IntList();
    var ends = new IntList();
    for (var i = 0; i < length; ) {
      if (!isSpace(chars[i])) {
        i++;
        continue;
      }
      var start = i;
      while (i < length && isSpace(chars[i])) {
        i++;
      }
      if (i - start >= SHORT_RUN) {
        starts.add(start);
        ends.add(i);
      }
    }
    runStarts = starts.toArray();
    runEnds = ends.toArray();
  }

  private Places places(char c, boolean escapes) {
    if (c < 128) {
      var table = escapes ? escapable : bare;
      var found = table[c];
      if (found == null) {
        found = find(c, escapes);
        table[c] = found;
      }
      return found;
    }
    // The few typographic quotes; escapes before them mean nothing in JSON.
    var slot = wideSlot(c);
    var found = wide[slot];
    if (found == null || found.of != c) {
      found = find(c, false);
      wide[slot] = found;
    }
    return found;
  }

  private static int wideSlot(char c) {
    return switch (c) {
      case '\u2019' -> 0;
      case '\u201D' -> 1;
      case '\u00B4' -> 2;
      default -> 3;
    };
  }

  private Places find(char c, boolean escapes) {
    var list = new IntList();
    if (!escapes || c == '\\') {
      for (var i = 0; i < length; i++) {
        if (chars[i] == c) {
          list.add(i);
        }
      }
    } else {
      var odd = false;
      for (var i = 0; i < length; i++) {
        var here = chars[i];
        if (here == '\\') {
          odd = !odd;
          continue;
        }
        if (here == c && !odd) {
          list.add(i);
        }
        odd = false;
      }
    }
    return new Places(c, list.toArray(), length);
  }

  /** The sorted places of one character. */
  private static final class Places {
    final char of;
    private final int[] places;
    private final int end;
    private int finger;

    Places(char of, int[] places, int end) {
      this.of = of;
      this.places = places;
      this.end = end;
    }

    int next(int from) {
      var i = rank(from);
      return i < places.length ? places[i] : end;
    }

    /** How many places lie before {@code from}. */
    int rank(int from) {
      var f = finger;
      for (var step = 0; step < 3; step++, f++) {
        if ((f == 0 || places[f - 1] < from) && (f == places.length || places[f] >= from)) {
          finger = f;
          return f;
        }
        if (f >= places.length) {
          break;
        }
      }
      var i = Arrays.binarySearch(places, from);
      finger = i >= 0 ? i : -i - 1;
      return finger;
    }
  }

  /** A growing list of ints. */
  private static final class IntList {
    private int[] items = EMPTY;
    private int size;

    void add(int item) {
      if (size == items.length) {
        items = Arrays.copyOf(items, Math.max(16, size + (size >> 1)));
      }
      items[size++] = item;
    }

    int[] toArray() {
      return size == items.length ? items : Arrays.copyOf(items, size);
    }
  }
}
