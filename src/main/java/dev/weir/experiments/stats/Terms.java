package dev.weir.experiments.stats;

/**
 * A sum of bounded terms, each against a prediction made before it, and what may be concluded of
 * the mean of what they expect: an empirical-Bernstein confidence sequence by mixture (Howard,
 * Ramdas, McAuliffe and Sekhon, 2021, theorem 4 with proposition 9). Holds for terms whose means
 * differ and depend on the past: it is then their weighted average that is covered. Constant room,
 * constant time per term.
 */
final class Terms {
  private final GammaExponential oneSided;
  private double sum;
  private double weight;
  private double spread;

  /**
   * @param vOpt the spread at which to be tightest
   * @param alpha the one-sided error that will be asked for
   * @param c no term lies further than this from its prediction
   */
  Terms(double vOpt, double alpha, double c) {
    this.oneSided = new GammaExponential(vOpt, alpha, c);
  }

  /**
   * Adds a term.
   *
   * @param term what came
   * @param prediction what was expected, from earlier terms alone
   * @param termWeight how much the term's mean is worth
   */
  void add(double term, double prediction, double termWeight) {
    sum += term;
    weight += termWeight;
    spread += (term - prediction) * (term - prediction);
  }

  boolean isEmpty() {
    return weight <= 0;
  }

  double mean() {
    return sum / weight;
  }

  /** How strongly the data say that the mean is above this. */
  double logAbove(double mean) {
    return oneSided.logE(sum - weight * mean, spread);
  }

  /** How strongly the data say that the mean is below this. */
  double logBelow(double mean) {
    return oneSided.logE(weight * mean - sum, spread);
  }

  /** How strongly the data say that the mean is not this: half a stake on either side. */
  double logE(double mean) {
    var above = logAbove(mean);
    var below = logBelow(mean);
    var larger = Math.max(above, below);
    return Double.isInfinite(larger)
        ? larger
        : larger + Math.log((Math.exp(above - larger) + Math.exp(below - larger)) / 2);
  }

  /** The two-sided estimate, within the range of what may be. */
  Estimate twoSided(double nothing, double low, double high, double alpha, long users) {
    if (isEmpty()) {
      return Estimate.unknown(low, high, alpha, Validity.ANYTIME, users);
    }
    var target = Math.log(1 / alpha);
    var mean = mean();
    var inside = Math.clamp(mean, low, high);
    var lower = Roots.decreasing(x -> logE(x) - target, Math.min(low, mean), mean);
    var upper = Roots.increasing(x -> logE(x) - target, mean, Math.max(high, mean));
    return new Estimate(
        inside,
        Math.clamp(lower, low, high),
        Math.clamp(upper, low, high),
        pValue(logE(nothing)),
        alpha,
        Validity.ANYTIME,
        users);
  }

  /**
   * Either end at one-sided alpha; the p-value is that of the hypothesis that the mean is at most
   * {@code nothing}.
   */
  Estimate oneSided(double nothing, double low, double high, double alpha, long users) {
    if (isEmpty()) {
      return Estimate.unknown(low, high, alpha, Validity.ANYTIME, users);
    }
    var target = Math.log(1 / alpha);
    var mean = mean();
    var lower = Roots.decreasing(x -> logAbove(x) - target, Math.min(low, mean), mean);
    var upper = Roots.increasing(x -> logBelow(x) - target, mean, Math.max(high, mean));
    return new Estimate(
        Math.clamp(mean, low, high),
        Math.clamp(lower, low, high),
        Math.clamp(upper, low, high),
        pValue(logAbove(nothing)),
        alpha,
        Validity.ANYTIME,
        users);
  }

  static double pValue(double logE) {
    return Math.min(1, Math.exp(-logE));
  }
}
