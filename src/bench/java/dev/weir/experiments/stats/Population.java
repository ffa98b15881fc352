package dev.weir.experiments.stats;

import java.util.random.RandomGenerator;

/**
 * Users as they come: few of them make most of the calls, the calls of one user resemble each
 * other, and much feedback comes late or never.
 *
 * @param success the mean chance of a call to be good
 * @param correlation within a user: how much of the variance of a call's outcome lies between users
 * @param answered the share of calls whose feedback comes before its window closes
 */
record Population(double success, double correlation, double answered) {
  /** The log-normal's shape at which the busiest hundredth makes half of all calls. */
  private static final double SHAPE = 2.5;

  /** What the largest quota lets a user do within a window. */
  private static final int MOST_CALLS = 10_000;

  /**
   * One user.
   *
   * @param calls made in the window
   * @param judged of them: those with feedback
   * @param good of the judged ones
   * @param cost of all calls, in cents
   * @param firstMs the latency of the first call
   * @param firstFailed whether the first call failed
   */
  record User(int calls, int judged, int good, double cost, double firstMs, boolean firstFailed) {
    /** The share of good calls; a user without feedback has none and is no unit of this metric. */
    double share() {
      return (double) good / judged;
    }
  }

  /** The next user, whose chance of a good call is moved by an effect. */
  User next(RandomGenerator random, double effect) {
    var calls = calls(random);
    var judged = 0;
    var good = 0;
    var chance = chance(random, success + effect);
    var cost = 0.0;
    var price = Math.exp(0.5 * random.nextGaussian());
    for (var i = 0; i < calls; i++) {
      cost += price * (0.5 + random.nextDouble());
      if (random.nextDouble() < answered) {
        judged++;
        good += random.nextDouble() < chance ? 1 : 0;
      }
    }
    return new User(
        calls,
        judged,
        good,
        cost,
        800 * Math.exp(0.6 * random.nextGaussian()),
        random.nextDouble() >= chance);
  }

  static int calls(RandomGenerator random) {
    return (int) Math.min(MOST_CALLS, Math.ceil(Math.exp(SHAPE * random.nextGaussian())));
  }

  /** A user's own chance: beta-distributed, so that the correlation between two calls is right. */
  private double chance(RandomGenerator random, double mean) {
    if (correlation == 0) {
      return mean;
    }
    var strength = 1 / correlation - 1;
    var a = gamma(random, mean * strength);
    var b = gamma(random, (1 - mean) * strength);
    return a + b == 0 ? (random.nextDouble() < mean ? 1 : 0) : a / (a + b);
  }

  /** A gamma variate (Marsaglia and Tsang, 2000). */
  private static double gamma(RandomGenerator random, double shape) {
    if (shape < 1) {
      return gamma(random, shape + 1) * Math.pow(random.nextDouble(), 1 / shape);
    }
    var d = shape - 1 / 3.0;
    var c = 1 / Math.sqrt(9 * d);
    while (true) {
      var z = random.nextGaussian();
      var v = Math.pow(1 + c * z, 3);
      if (v > 0 && Math.log(random.nextDouble()) < z * z / 2 + d - d * v + d * Math.log(v)) {
        return d * v;
      }
    }
  }
}
