package dev.weir.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the name that someone probably meant, by edit distance (Wagner and Fischer, 1974). */
final class Nearest {
  private Nearest() {}

  /** The nearest of the known names, if it is near enough to be a slip. */
  static Optional<String> to(String name, Collection<String> known) {
    var most = Math.max(2, name.length() / 4);
    return known.stream()
        .filter(candidate -> distance(name, candidate) <= most)
        .min(
            Comparator.comparingInt((String candidate) -> distance(name, candidate))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** As the end of a sentence: {@code ; did you mean x?}, or nothing. */
  static String hint(String name, Collection<String> known) {
    return to(name, known).map(found -> "; did you mean " + found + "?").orElse("");
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
        var substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
