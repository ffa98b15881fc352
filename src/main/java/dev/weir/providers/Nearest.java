package dev.weir.providers;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Finds the names nearest to a mistyped one, by edit distance (Wagner and Fischer, 1974). */
final class Nearest {
  /** Longer names are cut: the work grows with the product of the lengths. */
  private static final int LONGEST = 100;

  private Nearest() {}

  /** The nearest of {@code known}, best first, at most so many. */
  static List<String> to(String name, Collection<String> known, int most) {
    var wanted = name.substring(0, Math.min(LONGEST, name.length()));
    record Candidate(String name, int distance) {}
    return known.stream()
        .map(candidate -> new Candidate(candidate, distance(wanted, candidate)))
        .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
        .limit(most)
        .map(Candidate::name)
        .toList();
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
        var above = row[j];
        var changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(changed, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
