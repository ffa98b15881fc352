package dev.weir.forecast;

/**
 * One additive Holt-Winters recursion with damped trend, in its error-correction form (Hyndman and
 * Athanasopoulos, Forecasting: Principles and Practice, sections 7.2 to 7.4): with the error {@code
 * e = y - (l + phi b + s)} of the forecast for the day,
 *
 * <pre>
 * l = l + phi b + alpha e
 * b = phi b + alpha beta e
 * s = s + gamma e          (of the day's place in the season)
 * </pre>
 *
 * A season of one place with {@code gamma = 0} is Holt's linear method.
 */
final class Smoother {
  private final Weights weights;
  private final double[] season;
  private double level;
  private double trend;

  /**
   * How fast it follows.
   *
   * @param alpha the level, 0 to 1
   * @param beta the trend, as a share of alpha
   * @param gamma the season
   * @param phi what is left of the trend after one more day
   */
  record Weights(double alpha, double beta, double gamma, double phi) {}

  /** Begins with this state; the season's length is the array's. */
  Smoother(Weights weights, double level, double trend, double[] season) {
    this.weights = weights;
    this.level = level;
    this.trend = trend;
    this.season = season.clone();
  }

  /** What it expects of the next day, which stands at {@code place} in the season. */
  double next(int place) {
    return level + weights.phi() * trend + season[place];
  }

  /** Learns a day; returns its error. */
  double learn(int place, double value) {
    var error = value - next(place);
    level += weights.phi() * trend + weights.alpha() * error;
    trend = weights.phi() * trend + weights.alpha() * weights.beta() * error;
    season[place] += weights.gamma() * error;
    return error;
  }

  /** The days ahead, the first of which stands at {@code place}; nothing here is below zero. */
  double[] ahead(int place, int days) {
    var ahead = new double[days];
    var damped = 0.0;
    var power = 1.0;
    for (var h = 0; h < days; h++) {
      power *= weights.phi();
      damped += power;
      ahead[h] = Math.max(0, level + damped * trend + season[(place + h) % season.length]);
    }
    return ahead;
  }

  /** The state as it is, for another to go on from. */
  Smoother copy() {
    return new Smoother(weights, level, trend, season);
  }
}
