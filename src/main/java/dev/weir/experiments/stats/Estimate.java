package dev.weir.experiments.stats;

/**
 * A number and how much is known of it.
 *
 * @param value the point estimate; NaN while there are no data for one
 * @param lower the lower end of the interval at level 1 - alpha; may be infinite
 * @param upper its upper end; may be infinite
 * @param pValue how compatible the data are with the hypothesis under test (for a difference: no
 *     difference). At most alpha when that hypothesis lies outside of the interval; 1 where there
 *     are no data
 * @param alpha the error that was asked for
 * @param validity what interval and p-value promise
 * @param users how many users it rests on
 */
public record Estimate(
    double value,
    double lower,
    double upper,
    double pValue,
    double alpha,
    Validity validity,
    long users) {

  /** Checks that the interval is one. */
  public Estimate {
    if (Double.isNaN(lower) || Double.isNaN(upper) || lower > upper) {
      throw new IllegalArgumentException("not an interval: [" + lower + ", " + upper + "]");
    }
    if (!(pValue >= 0 && pValue <= 1)) {
      throw new IllegalArgumentException("not a p-value: " + pValue);
    }
  }

  /** Nothing is known yet: the whole range of what may be. */
  static Estimate unknown(double lower, double upper, double alpha, Validity validity, long users) {
    return new Estimate(Double.NaN, lower, upper, 1, alpha, validity, users);
  }

  /** Whether this value is ruled out. */
  public boolean excludes(double x) {
    return x < lower || x > upper;
  }

  /** Whether the hypothesis under test is rejected at alpha. */
  public boolean significant() {
    return pValue <= alpha;
  }

  /** The interval's width. */
  public double width() {
    return upper - lower;
  }
}
