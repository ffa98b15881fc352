package dev.weir.experiments.stats;

import java.util.function.DoubleUnaryOperator;

/**
 * How likely a sum with a drift crosses a concave boundary by some time. A tangent lies above the
 * boundary, so crossing the tangent implies crossing the boundary; for a line the chance is exact
 * (the inverse Gaussian distribution: Siegmund, 1985, equation 3.15). The best of a few tangents is
 * taken.
 *
 * @param boundary over the sum's variance so far
 * @param variancePerUser of the sum
 * @param driftPerUser of the sum, not negative
 */
record Crossing(DoubleUnaryOperator boundary, double variancePerUser, double driftPerUser) {
  private static final double[] TANGENTS = {0.2, 0.35, 0.5, 0.65, 0.8, 1};

  double probabilityBy(double users) {
    var time = users * variancePerUser;
    if (time <= 0) {
      return users * driftPerUser >= boundary.applyAsDouble(0) ? 1 : 0;
    }
    var drift = driftPerUser / variancePerUser;
    var best = 0.0;
    for (var part : TANGENTS) {
      var at = part * time;
      var step = 1e-4 * at;
      var slope =
          (boundary.applyAsDouble(at + step) - boundary.applyAsDouble(at - step)) / (2 * step);
      var start = boundary.applyAsDouble(at) - slope * at;
      best = Math.max(best, ofLine(start, drift - slope, time));
    }
    return best;
  }

  /** Of crossing {@code start} by a Brownian motion with this drift. */
  private static double ofLine(double start, double drift, double time) {
    var root = Math.sqrt(time);
    var second = 2 * start * drift + Normal.logCdf((-start - drift * time) / root);
    return Math.min(1, Normal.cdf((drift * time - start) / root) + Math.exp(second));
  }
}
