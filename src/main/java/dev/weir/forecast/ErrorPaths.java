package dev.weir.forecast;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * What a forecast's error of the cumulative spend was, one, two, ... days after each morning from
 * which it was back-tested; in units of the daily spend of that time, so that errors of a small
 * past and of other series can be compared.
 *
 * @param paths one per morning: the scaled error of the sum of the first day, of the first two, ...
 * @param pooled whether they are those of other series
 */
@SuppressWarnings("ArrayRecordComponent") // figures on their way, never compared
record ErrorPaths(double[][] paths, boolean pooled) {
  /** With fewer, the ends of an interval of 95 % would lie outside of all that was ever seen. */
  static final int FOR_95 = 39;

  /** As {@link #FOR_95}, of 80 %. */
  static final int FOR_80 = 9;

  /** No errors known. */
  static final ErrorPaths NONE = new ErrorPaths(new double[0][], false);

  int count() {
    return paths.length;
  }

  /**
   * A quantile by the rule {@code (n + 1) p}: it holds a further value of the same kind below it
   * with just that chance, and does not exist where {@code n} is too small for it.
   *
   * @param sorted ascending
   */
  static OptionalDouble quantile(double[] sorted, double level) {
    var place = (sorted.length + 1) * level;
    if (place < 1 - 1e-9 || place > sorted.length + 1e-9) {
      return OptionalDouble.empty();
    }
    var below = Math.clamp((long) Math.floor(place + 1e-9), 1, sorted.length);
    var above = Math.min(below + 1, sorted.length);
    var share = Math.clamp(place - below, 0, 1);
    return OptionalDouble.of(sorted[below - 1] + share * (sorted[above - 1] - sorted[below - 1]));
  }

  /**
   * These errors, spread out around their median for what they do not tell: mornings that follow
   * each other share most of the days they foresaw, so {@code n} errors of {@code h} days are worth
   * about {@code n / h} independent ones. Their spread is taken as that of so small a sample: by
   * the ratio of Student's quantile to the normal one. Errors of pooled series are left as they
   * are.
   */
  ErrorPaths widened() {
    if (pooled || paths.length < FOR_80) {
      return this;
    }
    var days = paths[0].length;
    var wide = new double[paths.length][days];
    for (var h = 0; h < days; h++) {
      var at = h;
      var sorted = Arrays.stream(paths).mapToDouble(p -> p[at]).sorted().toArray();
      var median = quantile(sorted, 0.5).orElse(0);
      var factor = widening(paths.length, h + 1);
      for (var i = 0; i < paths.length; i++) {
        wide[i][h] = median + factor * (paths[i][h] - median);
      }
    }
    return new ErrorPaths(wide, false);
  }

  /** Student's upper 2.5 % by Cornish and Fisher's expansion, over the normal one. */
  static double widening(int count, int days) {
    var freedom = Math.max(2, (double) count / days);
    var z = 1.96;
    var t =
        z
            + (Math.pow(z, 3) + z) / (4 * freedom)
            + (5 * Math.pow(z, 5) + 16 * Math.pow(z, 3) + 3 * z) / (96 * freedom * freedom);
    return t / z;
  }
}
