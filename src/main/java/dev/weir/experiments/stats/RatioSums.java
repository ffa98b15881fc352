package dev.weir.experiments.stats;

/**
 * What is kept of the users of one arm (within one epoch) for a ratio of sums: success per call,
 * cost per success. Each user adds one pair, whatever the number of calls.
 *
 * @param users how many
 * @param top the sum of the numerators
 * @param bottom the sum of the denominators
 * @param topSquared the sum of the squares of the numerators
 * @param bottomSquared the sum of the squares of the denominators
 * @param product the sum of the products
 */
public record RatioSums(
    long users,
    double top,
    double bottom,
    double topSquared,
    double bottomSquared,
    double product) {
  /** No users. */
  public static final RatioSums NONE = new RatioSums(0, 0, 0, 0, 0, 0);

  /** With one more user. */
  public RatioSums with(double userTop, double userBottom) {
    return new RatioSums(
        users + 1,
        top + userTop,
        bottom + userBottom,
        topSquared + userTop * userTop,
        bottomSquared + userBottom * userBottom,
        product + userTop * userBottom);
  }

  /** Both together. */
  public RatioSums plus(RatioSums other) {
    return new RatioSums(
        users + other.users,
        top + other.top,
        bottom + other.bottom,
        topSquared + other.topSquared,
        bottomSquared + other.bottomSquared,
        product + other.product);
  }

  /** The ratio of the sums; NaN without a denominator. */
  public double ratio() {
    return bottom == 0 ? Double.NaN : top / bottom;
  }

  /**
   * The variance of the ratio by the delta method, the user being the unit: the mean square of
   * {@code top - ratio bottom} over the square of the mean denominator, divided by the users (Deng,
   * Knoblich and Lu, 2018, section 3). NaN below two users.
   */
  public double variance() {
    return users < 2 ? Double.NaN : varianceAt(ratio()) * users / (users - 1);
  }

  /** The same around another ratio than the observed one, which is what a test supposes. */
  double varianceAt(double ratio) {
    return Math.max(0, topSquared - 2 * ratio * product + ratio * ratio * bottomSquared)
        / (bottom * bottom);
  }

  /**
   * How many users of equal size would know as much of the denominator: {@code bottom^2 /
   * bottomSquared} (Kish, 1965). Far below {@code users} where few make most of the calls.
   */
  public double effectiveUsers() {
    return bottomSquared == 0 ? 0 : bottom * bottom / bottomSquared;
  }
}
