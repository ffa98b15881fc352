package dev.weir.experiments.stats;

import org.apache.commons.numbers.gamma.LogBeta;

/**
 * The two-sided beta-binomial mixture for a count of {@code n} independent events of known
 * probability {@code p}: the likelihood ratio of a beta prior with mean p against p itself (Howard,
 * Ramdas, McAuliffe and Sekhon, 2021, proposition 7, with g = p and h = 1 - p). A martingale if p
 * is true, and convex in the count.
 */
final class BetaBinomial {
  private final double p;
  private final double a;
  private final double b;

  /**
   * Tuned to be tightest near one number of events.
   *
   * @param p within (0, 1)
   * @param nOpt that number
   * @param alpha the error the bound will be asked for
   */
  BetaBinomial(double p, double nOpt, double alpha) {
    var variance = p * (1 - p);
    var r = Math.max(NormalMixture.bestRho(nOpt * variance, alpha) - variance, 1e-3 * variance);
    this.p = p;
    this.a = r / (1 - p);
    this.b = r / p;
  }

  /** The log of the mixture; the count need not be whole. */
  double logE(double count, double n) {
    return LogBeta.value(a + count, b + n - count)
        - LogBeta.value(a, b)
        - count * Math.log(p)
        - (n - count) * Math.log1p(-p);
  }

  /** The count at which the mixture is smallest: where the data contradict p the least. */
  double quietest(double n) {
    var low = 0.0;
    var high = n;
    while (high - low > 1e-6 * Math.max(1, n)) {
      var left = low + (high - low) / 3;
      var right = high - (high - low) / 3;
      if (logE(left, n) < logE(right, n)) {
        high = right;
      } else {
        low = left;
      }
    }
    return (low + high) / 2;
  }
}
