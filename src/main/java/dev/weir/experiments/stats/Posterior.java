package dev.weir.experiments.stats;

/**
 * What is believed of an arm's value: a normal distribution whose centre and width come from users,
 * never from calls. For description and for the bandit's draw; <em>not</em> protected against being
 * looked at repeatedly, and no verdict rests on it ({@link Validity#UNPROTECTED}).
 *
 * @param mean its centre
 * @param sd its standard deviation, above zero
 * @param users how many users it rests on
 */
public record Posterior(double mean, double sd, long users) {
  /** Checks that it is a distribution. */
  public Posterior {
    if (!(sd > 0) || Double.isNaN(mean) || Double.isInfinite(mean)) {
      throw new IllegalArgumentException("no posterior: mean " + mean + ", sd " + sd);
    }
  }

  /**
   * Of a metric within [0, 1]: mean and variance of the users together with two imagined ones, at 0
   * and at 1, which is the uniform prior where the metric is yes or no.
   *
   * @param users how many; none is fine
   * @param sum of their metric
   * @param sumOfSquares of their metric
   */
  public static Posterior ofShares(double users, double sum, double sumOfSquares) {
    var n = users + 2;
    var mean = (sum + 1) / n;
    var variance = Math.max((sumOfSquares + 1) / n - mean * mean, 0);
    return new Posterior(mean, Math.sqrt(Math.max(variance / (n + 1), 1e-12)), (long) users);
  }

  /**
   * Of a ratio of sums (cost per success), by its linearised variance.
   *
   * @throws IllegalArgumentException if there are not two users who differ
   */
  public static Posterior ofRatio(RatioSums sums) {
    return new Posterior(sums.ratio(), Math.sqrt(sums.variance()), sums.users());
  }
}
