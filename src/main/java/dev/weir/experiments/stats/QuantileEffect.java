package dev.weir.experiments.stats;

/**
 * Quantiles of latency over first trials, and how they differ between two arms, valid at all times:
 * the confidence sequence for one quantile by a beta-binomial mixture, and the A/B test of two
 * (Howard and Ramdas, 2022, sections 3 and 5). What is read are bucketed values, so every interval
 * reaches to the outer edges of its buckets: it is wider by the sketch's relative error, and no
 * less valid. For a quantile and a number of users fixed at the start.
 */
public final class QuantileEffect {
  private final double quantile;
  private final double alpha;
  private final BetaBinomial mixture;
  private final BetaBinomial half;

  /**
   * @param quantile which one, within (0, 1): 0.95
   * @param alpha of this comparison
   * @param expectedUsers of one arm when a decision is expected
   */
  public QuantileEffect(double quantile, double alpha, long expectedUsers) {
    Alpha.check(alpha);
    if (!(quantile > 0 && quantile < 1)) {
      throw new IllegalArgumentException("a quantile is within (0, 1): " + quantile);
    }
    this.quantile = quantile;
    this.alpha = alpha;
    this.mixture = new BetaBinomial(quantile, expectedUsers, alpha);
    this.half = new BetaBinomial(quantile, expectedUsers, alpha / 2);
  }

  /** The quantile of one arm, in ms. Its p-value is 1, as nothing is under test. */
  public Estimate of(Sketch arm) {
    return interval(arm, mixture, alpha);
  }

  private Estimate interval(Sketch arm, BetaBinomial own, double level) {
    var users = arm.count();
    if (users == 0) {
      return Estimate.unknown(0, Double.POSITIVE_INFINITY, level, Validity.ANYTIME, 0);
    }
    var n = (double) users;
    var target = Math.log(1 / level);
    var quietest = own.quietest(n);
    // Counts of values up to the true quantile that are compatible with it.
    var fewest = Roots.decreasing(k -> own.logE(k, n) - target, 0, quietest);
    var most = Roots.increasing(k -> own.logE(k, n) - target, quietest, n);
    var low = (long) Math.ceil(fewest - 1e-9);
    var high = (long) Math.floor(most + 1e-9) + 1;
    var middle = arm.bucketOf(Math.max(1, (long) Math.ceil(quantile * n)));
    return new Estimate(
        Sketch.middle(middle),
        low < 1 ? 0 : Sketch.edge(arm.bucketOf(low) - 1),
        high > users ? Double.POSITIVE_INFINITY : Sketch.edge(arm.bucketOf(high)),
        1,
        level,
        Validity.ANYTIME,
        users);
  }

  /**
   * Treated minus control, in ms. The interval joins two of alpha / 2, the p-value is that of the
   * sharper A/B test, so it may fall below alpha a little before the interval leaves zero.
   */
  public Estimate difference(Sketch control, Sketch treated) {
    var c = interval(control, half, alpha / 2);
    var t = interval(treated, half, alpha / 2);
    var users = control.count() + treated.count();
    if (control.count() == 0 || treated.count() == 0) {
      return Estimate.unknown(
          Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, alpha, Validity.ANYTIME, users);
    }
    return new Estimate(
        t.value() - c.value(),
        t.lower() - c.upper(),
        t.upper() - c.lower(),
        Terms.pValue(equalLogE(control, treated)),
        alpha,
        Validity.ANYTIME,
        users);
  }

  /**
   * The evidence against any common quantile: the smallest product of the two arms' evidence over
   * all values it could have. Within a bucket the counts may be any between those at its edges.
   */
  private double equalLogE(Sketch control, Sketch treated) {
    var c = mixture.quietest((double) control.count());
    var t = mixture.quietest((double) treated.count());
    var smallest = Double.POSITIVE_INFINITY;
    var from = Math.min(control.lowest(), treated.lowest()) - 1;
    var to = Math.max(control.highest(), treated.highest()) + 1;
    for (var bucket = from; bucket <= to; bucket++) {
      smallest = Math.min(smallest, quietest(control, bucket, c) + quietest(treated, bucket, t));
    }
    return smallest;
  }

  private double quietest(Sketch arm, int bucket, double quietest) {
    var count = Math.clamp(quietest, (double) arm.upTo(bucket - 1), (double) arm.upTo(bucket));
    return mixture.logE(count, (double) arm.count());
  }
}
