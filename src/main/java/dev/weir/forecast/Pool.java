package dev.weir.forecast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Errors of many series as one curve per chance, for subjects too young for their own. They are
 * those that the donors' forecasts would have made had nothing but two weeks of them been known, as
 * of a young subject.
 */
final class Pool {
  /** Fewer would show whose they are. */
  static final int LEAST_SERIES = 5;

  /** The longest month. */
  static final int DAYS = 31;

  private static final int KNOWN = 2 * Walk.WEEK;

  /** A donor gives so many mornings at most, evenly spread, so that none outweighs the others. */
  private static final int MORNINGS = 40;

  private Pool() {}

  /**
   * A pool of these donors' errors.
   *
   * @param donors their daily spend
   * @return as many curves as an interval of 95 % needs; empty if the donors are too few
   */
  static Optional<ErrorPaths> of(List<double[]> donors) {
    var errors = new ArrayList<double[]>();
    var series = 0;
    for (var donor : donors) {
      var last = donor.length - DAYS;
      var stride = Math.max(1, (last - KNOWN) / MORNINGS);
      var before = errors.size();
      for (var origin = KNOWN; origin <= last; origin += stride) {
        var level = Arrays.stream(donor, origin - KNOWN, origin).average().orElse(0);
        if (level > 0) {
          errors.add(errors(donor, origin, level));
        }
      }
      series += errors.size() > before ? 1 : 0;
    }
    return series < LEAST_SERIES ? Optional.empty() : Optional.of(curves(errors));
  }

  private static double[] errors(double[] donor, int origin, double level) {
    var path = new double[DAYS];
    var sum = 0.0;
    for (var h = 0; h < DAYS; h++) {
      sum += donor[origin + h] - level;
      path[h] = sum / level;
    }
    return path;
  }

  private static ErrorPaths curves(List<double[]> errors) {
    var curves = new double[ErrorPaths.FOR_95][DAYS];
    for (var h = 0; h < DAYS; h++) {
      var day = h;
      var sorted = errors.stream().mapToDouble(e -> e[day]).sorted().toArray();
      for (var k = 0; k < curves.length; k++) {
        var level = (k + 1.0) / (curves.length + 1);
        curves[k][h] =
            ErrorPaths.quantile(sorted, level)
                .orElse(level < 0.5 ? sorted[0] : sorted[sorted.length - 1]);
      }
    }
    return new ErrorPaths(curves, true);
  }

  /** As the table keeps it. */
  static Double[] flat(ErrorPaths pool) {
    return Arrays.stream(pool.paths())
        .flatMapToDouble(Arrays::stream)
        .boxed()
        .toArray(Double[]::new);
  }

  /** As the table kept it. */
  static ErrorPaths of(Double[] flat) {
    var curves = new double[flat.length / DAYS][DAYS];
    for (var i = 0; i < curves.length * DAYS; i++) {
      curves[i / DAYS][i % DAYS] = flat[i];
    }
    return new ErrorPaths(curves, true);
  }
}
