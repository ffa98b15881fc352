package dev.weir.wire;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/**
 * The known name nearest to a mistyped one, by edit distance (Levenshtein), where it is near enough
 * to be a likely slip: at most a third of its letters, and never more than three, differ.
 */
final class Nearest {
  private static final int LONGEST = 64;
  private static final int MOST_EDITS = 3;

  private Nearest() {}

  static Optional<String> to(String name, Collection<String> known) {
    if (name.length() > LONGEST) {
      return Optional.empty();
    }
    return known.stream()
        .filter(candidate -> distance(name, candidate) <= allowed(candidate))
        .min(Comparator.comparingInt(candidate -> distance(name, candidate)));
  }

  /** A caller's word, short and plain enough to stand in a message. */
  static String clip(String word) {
    var plain = word.replaceAll("[^\\p{Print}]", "?");
    return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST) + "...";
  }

  private static int allowed(String candidate) {
    return Math.min(MOST_EDITS, Math.max(1, candidate.length() / 3));
  }

  private static int distance(String a, String b) {
    var row = new int[b.length() + 1];
    for (var j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (var i = 1; i <= a.length(); i++) {
      var diagonal = row[0];
      row[0] = i;
      for (var j = 1; j <= b.length(); j++) {
        var substitute = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitute, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
