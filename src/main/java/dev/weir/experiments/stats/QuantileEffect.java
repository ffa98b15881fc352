package dev.weir.experiments.stats;

import java.util.List;

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
  private final long expectedUsers;
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
    this.expectedUsers = expectedUsers;
    this.mixture = new BetaBinomial(quantile, expectedUsers, alpha);
    this.half = new BetaBinomial(quantile, expectedUsers, alpha / 2);
  }

  /** The quantile of one arm, in ms. Its p-value is 1, as nothing is under test. */
  public Estimate of(Sketch arm) {
    return interval(arm, mixture, alpha);
  }

  /**
   * First trials of both arms that were drawn under the same probabilities, in one epoch or more.
   *
   * @param control control's
   * @param treated the treated arm's
   * @param controlProbability with which users were assigned to control, above zero
   * @param treatedProbability with which users were assigned to the treated arm, above zero
   */
  public record Stretch(
      Sketch control, Sketch treated, double controlProbability, double treatedProbability) {
    private boolean tells() {
      return control.count() > 0 && treated.count() > 0;
    }

    private long users() {
      return control.count() + treated.count();
    }

    private double weight(EpochRule rule) {
      // As RatioComparison.Epoch: the users who came.
      return rule.weight(controlProbability, treatedProbability)
          * users()
          / (controlProbability + treatedProbability);
    }
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
   * Treated minus control where probabilities changed, in ms: the mean of the differences of the
   * stretches, by the rule. Quantiles of users of different times are never put together.
   *
   * <p>Nobody knows how many stretches there will be: three quarters of alpha are the first one's,
   * since most experiments have no other, and the k-th gets {@code 1 / (4 k (k - 1))}. A stretch
   * that does not bound the difference is left out until it does; that depends on how many users
   * came, and not on what they met with. The p-value is that of the arms being equal in all
   * stretches: evidences of users who come one after the other multiply.
   *
   * @param stretches in the order in which they began
   * @param rule how they are put together
   */
  public Estimate difference(List<Stretch> stretches, EpochRule rule) {
    var users = stretches.stream().mapToLong(Stretch::users).sum();
    var evidence = 0.0;
    var weight = 0.0;
    var value = 0.0;
    var lower = 0.0;
    var upper = 0.0;
    for (var k = 1; k <= stretches.size(); k++) {
      var stretch = stretches.get(k - 1);
      if (stretch.tells()) {
        evidence += equalLogE(stretch.control(), stretch.treated());
        var part = interval(stretch, (k == 1 ? 0.75 : 0.25 / k / (k - 1)) * alpha);
        if (Double.isFinite(part.width())) {
          var own = stretch.weight(rule);
          weight += own;
          value += own * part.value();
          lower += own * part.lower();
          upper += own * part.upper();
        }
      }
    }
    return new Estimate(
        weight > 0 ? value / weight : Double.NaN,
        weight > 0 ? lower / weight : Double.NEGATIVE_INFINITY,
        weight > 0 ? upper / weight : Double.POSITIVE_INFINITY,
        Terms.pValue(evidence),
        alpha,
        Validity.ANYTIME,
        users);
  }

  private Estimate interval(Stretch stretch, double level) {
    return new QuantileEffect(quantile, level, expectedUsers)
        .difference(stretch.control(), stretch.treated());
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
