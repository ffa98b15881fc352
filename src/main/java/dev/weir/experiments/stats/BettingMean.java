package dev.weir.experiments.stats;

import java.util.Arrays;

/**
 * The mean of values within [0, 1] by the hedged capital process (Waudby-Smith and Ramdas, 2024,
 * theorem 3 and section 4.4): a gambler bets against each candidate mean, on either side, with
 * stakes set by what came before; a mean against which the capital grew to 1 / alpha is ruled out.
 * Valid at all times and sample sizes, for values whose conditional mean is constant, and the
 * sharpest of this package for small samples. Keeps the values: an estimate takes time in
 * proportion to them. Not thread-safe.
 */
final class BettingMean {
  /** Stakes are cut so that no bet risks more than this share of the capital. */
  private static final double TRUNCATION = 0.5;

  private final double alpha;
  private final double log;
  private final long expected;
  private double[] values = new double[16];
  private double[] stakes = new double[16];
  private int n;
  private double sum = 0.5;
  private double squares = 0.25;

  /**
   * @param alpha of the interval
   * @param expected how many values there will be, if known: the interval is tightest then; 0 if
   *     not
   */
  BettingMean(double alpha, long expected) {
    Alpha.check(alpha);
    this.alpha = alpha;
    this.expected = expected;
    this.log = 2 * Math.log(2 / alpha);
  }

  void observe(double x) {
    if (!(x >= 0 && x <= 1)) {
      throw new IllegalArgumentException("a value lies within [0, 1]: " + x);
    }
    if (n == values.length) {
      values = Arrays.copyOf(values, 2 * n);
      stakes = Arrays.copyOf(stakes, 2 * n);
    }
    var t = n + 1;
    // The predictable plug-ins of sections 4.4 and 3.2, from the values before this one: stakes
    // that fade as the game goes on for ever, or that are right for its known end.
    var span = expected > 0 ? (double) expected : t * Math.log1p(t);
    values[n] = x;
    stakes[n] = Math.sqrt(log / (squares / t * span));
    n = t;
    sum += x;
    var mean = sum / (t + 1);
    squares += (x - mean) * (x - mean);
  }

  long count() {
    return n;
  }

  double mean() {
    return Arrays.stream(values, 0, n).sum() / n;
  }

  /** The log of the capital of who bets that the mean is above this. */
  double logAbove(double m) {
    if (m <= 0) {
      return sum > 0.5 ? Double.POSITIVE_INFINITY : 0;
    }
    var wealth = 0.0;
    for (var i = 0; i < n; i++) {
      wealth += Math.log1p(Math.min(stakes[i], TRUNCATION / m) * (values[i] - m));
    }
    return wealth;
  }

  /** The log of the capital of who bets that the mean is below this. */
  double logBelow(double m) {
    if (m >= 1) {
      return sum - 0.5 < n ? Double.POSITIVE_INFINITY : 0;
    }
    var wealth = 0.0;
    for (var i = 0; i < n; i++) {
      wealth += Math.log1p(Math.min(stakes[i], TRUNCATION / (1 - m)) * (m - values[i]));
    }
    return wealth;
  }

  /** The evidence against this mean: the better of two bettors with half the stake each. */
  double logE(double m) {
    return Math.max(logAbove(m), logBelow(m)) - Math.log(2);
  }

  /** The interval of the mean, and the p-value of a supposed one. */
  Estimate estimate(double supposed) {
    if (n == 0) {
      return Estimate.unknown(0, 1, alpha, Validity.ANYTIME, 0);
    }
    var target = Math.log(2 / alpha);
    var mean = Math.clamp(mean(), 0, 1);
    // Either capital is monotone in the mean that is bet against.
    var lower = Roots.decreasing(m -> logAbove(m) - target, 0, mean);
    var upper = Roots.increasing(m -> logBelow(m) - target, mean, 1);
    return new Estimate(
        mean, lower, upper, Terms.pValue(logE(supposed)), alpha, Validity.ANYTIME, n);
  }
}
