package dev.weir.experiments.stats;

/**
 * The mean of paired differences, as an evaluation of two versions on the same stored items gives
 * them: candidate minus baseline, item by item. By betting, so exact for few items, and the
 * evaluation may be stopped as soon as it is decided. Not thread-safe.
 */
public final class PairedMean {
  private final BettingMean halves;

  /**
   * @param alpha of the interval
   * @param items how many there will be at most: the interval is tightest when all are in, and
   *     right before
   */
  public PairedMean(double alpha, long items) {
    if (items < 1) {
      throw new IllegalArgumentException("an evaluation has an item at least");
    }
    this.halves = new BettingMean(alpha, items);
  }

  /**
   * Adds an item. The items must come in an order that does not depend on their scores, and be
   * independent: one item per user, or the mean score of a user's items.
   *
   * @param baseline its score under the baseline, within [0, 1]
   * @param candidate its score under the candidate, within [0, 1]
   */
  public void observe(double baseline, double candidate) {
    if (!(baseline >= 0 && baseline <= 1 && candidate >= 0 && candidate <= 1)) {
      throw new IllegalArgumentException("scores lie within [0, 1]");
    }
    halves.observe((1 + candidate - baseline) / 2);
  }

  /** The mean difference, with the p-value of there being none; users are items here. */
  public Estimate estimate() {
    var half = halves.estimate(0.5);
    return new Estimate(
        2 * half.value() - 1,
        2 * half.lower() - 1,
        2 * half.upper() - 1,
        half.pValue(),
        half.alpha(),
        half.validity(),
        half.users());
  }
}
