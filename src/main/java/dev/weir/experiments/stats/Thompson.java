package dev.weir.experiments.stats;

import java.util.List;

/**
 * The weights of a bandit's next epoch: each arm's probability to be the best (Thompson, 1933;
 * Scott, 2010), above a floor. To be computed when an epoch ends, from users with closed windows
 * alone, and never while the sample-ratio alarm sounds.
 */
public final class Thompson {
  /** No arm gets less, or its effect could no longer be told. */
  public static final double MIN_FLOOR = 0.02;

  private Thompson() {}

  /**
   * Weights that sum to 1.
   *
   * @param arms the posteriors of the arms that are switched on
   * @param higherIsBetter false for costs
   * @param floor of each arm, at least {@link #MIN_FLOOR}, and no more than an equal share
   */
  public static double[] weights(List<Posterior> arms, boolean higherIsBetter, double floor) {
    if (!(floor >= MIN_FLOOR && floor * arms.size() <= 1 + 1e-12)) {
      throw new IllegalArgumentException(
          "a floor is at least " + MIN_FLOOR + " and at most an equal share: " + floor);
    }
    var standings = Standing.of(arms, higherIsBetter);
    var rest = Math.max(0, 1 - floor * arms.size());
    return standings.stream().mapToDouble(s -> floor + rest * s.probabilityToBeBest()).toArray();
  }
}
