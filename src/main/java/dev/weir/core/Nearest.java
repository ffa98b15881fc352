package dev.weir.core;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds what somebody probably meant by a name that does not exist. Thread-safe, and bounded for
 * names of any length.
 */
public final class Nearest {
  private static final int TOO_LONG = 64;

  private record Candidate(String name, int distance) {}

  private Nearest() {}

  /**
   * The candidates nearest to {@code name}, the best first: those at an edit distance of at most a
   * third of its length (but three at most), and those that hold it as a whole or start alike.
   *
   * @param limit how many at most
   */
  public static List<String> of(String name, Collection<String> candidates, int limit) {
    if (name.isEmpty() || name.length() > TOO_LONG) {
      return List.of();
    }
    var wanted = fold(name);
    var furthest = Math.clamp(wanted.length() / 3, 1, 3);
    var found = new ArrayList<Candidate>();
    for (var candidate : candidates) {
      var folded = fold(candidate);
      var distance = distance(wanted, folded, furthest);
      if (distance <= furthest) {
        found.add(new Candidate(candidate, distance));
      } else if (wanted.length() >= 3 && folded.contains(wanted)) {
        found.add(new Candidate(candidate, furthest + (folded.startsWith(wanted) ? 1 : 2)));
      }
    }
    return found.stream()
        .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
        .limit(limit)
        .map(Candidate::name)
        .toList();
  }

  /**
   * The candidates in the order of their edit distance, however far they are: for a list that shall
   * never be empty.
   *
   * @param limit how many at most
   */
  public static List<String> ranked(String name, Collection<String> candidates, int limit) {
    var wanted = fold(name.substring(0, Math.min(TOO_LONG, name.length())));
    return candidates.stream()
        .map(c -> new Candidate(c, distance(wanted, fold(c), wanted.length() + c.length())))
        .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
        .limit(limit)
        .map(Candidate::name)
        .toList();
  }

  /** The best of {@link #of}, if there is one. */
  public static Optional<String> to(String name, Collection<String> candidates) {
    return of(name, candidates, 1).stream().findFirst();
  }

  /** The suggestion as the end of a sentence: {@code "; did you mean `x`?"}, or nothing. */
  public static String suggestion(String name, Collection<String> candidates) {
    return to(name, candidates).map(best -> "; did you mean `" + best + "`?").orElse("");
  }

  private static String fold(String name) {
    return name.toLowerCase(Locale.ROOT).replace('_', '-').replace(' ', '-');
  }

  /**
   * Edit distance with swaps of neighbours (optimal string alignment), given up beyond {@code
   * most}: only a band around the diagonal is filled, so that 10,000 candidates cost about a
   * millisecond.
   */
  private static int distance(String a, String b, int most) {
    if (Math.abs(a.length() - b.length()) > most) {
      return most + 1;
    }
    var before = new int[b.length() + 1];
    var above = new int[b.length() + 1];
    var row = new int[b.length() + 1];
    for (var j = 0; j <= b.length(); j++) {
      above[j] = j;
    }
    for (var i = 1; i <= a.length(); i++) {
      var from = Math.max(1, i - most);
      var to = Math.min(b.length(), i + most);
      row[0] = i;
      if (from > 1) {
        row[from - 1] = most + 1;
      }
      var best = row[from - 1];
      for (var j = from; j <= to; j++) {
        var same = a.charAt(i - 1) == b.charAt(j - 1);
        var up = j == i + most ? most + 1 : above[j] + 1;
        var cost = Math.min(above[j - 1] + (same ? 0 : 1), Math.min(up, row[j - 1] + 1));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          cost = Math.min(cost, before[j - 2] + 1);
        }
        row[j] = cost;
        best = Math.min(best, cost);
      }
      if (best > most) {
        return most + 1;
      }
      var spare = before;
      before = above;
      above = row;
      row = spare;
    }
    return above[b.length()];
  }
}
