package dev.weir.experiments.stats;

import java.util.Locale;
import org.apache.commons.numbers.gamma.RegularizedBeta;

/**
 * How often something happened in simulated runs.
 *
 * @param hits how often
 * @param of in how many runs
 */
public record Rate(long hits, long of) {
  /** No run yet. */
  public static final Rate NONE = new Rate(0, 0);

  /** With one more run. */
  public Rate with(boolean hit) {
    return new Rate(hits + (hit ? 1 : 0), of + 1);
  }

  Rate plus(Rate other) {
    return new Rate(hits + other.hits, of + other.of);
  }

  /** In what share of the runs. */
  public double share() {
    return (double) hits / of;
  }

  /** The exact 99 % upper confidence bound of the true share (Clopper and Pearson, 1934). */
  double upper99() {
    return hits == of
        ? 1
        : Roots.increasing(
            p -> RegularizedBeta.value(p, hits + 1.0, (double) of - hits) - 0.99, 0, 1);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share());
  }

  String withUpper() {
    return String.format(Locale.ROOT, "%.2f %% | %.2f %%", 100 * share(), 100 * upper99());
  }
}
