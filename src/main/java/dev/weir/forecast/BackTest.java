package dev.weir.forecast;

import java.util.ArrayList;
import java.util.Arrays;

/**
 * One method asked on every morning of the past for as many days as are asked for now, and held
 * against what came.
 *
 * @param method which
 * @param walk the method on the series
 * @param errors the scaled errors of its cumulative sums
 * @param cumulative the mean absolute error of the whole sum, in scaled units
 * @param mase its scaled error per day over all mornings and days
 */
record BackTest(Method method, Walk walk, ErrorPaths errors, double cumulative, double mase) {
  /** Older mornings tell little of today. */
  private static final int MOST_ORIGINS = 280;

  private static final int SCALE_DAYS = 28;
  private static final int SPARSE_SCALE_DAYS = 84;

  /** The spend per day of a series that was all but idle of late is not taken for less. */
  private static final double LEAST_SHARE = 0.25;

  static BackTest of(Method method, Walk walk, double[] series, int from, int days) {
    var sparse = ZeroInflated.suits(series);
    var last = series.length - days;
    var begin = Math.max(Math.max(from, walk.first()), last - MOST_ORIGINS + 1);
    var paths = new ArrayList<double[]>();
    var whole = 0.0;
    var daily = 0.0;
    var naive = 0.0;
    var mornings = 0;
    for (var origin = begin; origin <= last; origin++) {
      var scale = scale(series, origin, sparse);
      if (scale <= 0) {
        continue;
      }
      var ahead = walk.ahead(origin, days);
      var path = new double[days];
      var sum = 0.0;
      for (var h = 0; h < days; h++) {
        sum += series[origin + h] - ahead[h];
        path[h] = sum / scale;
        daily += Math.abs(series[origin + h] - ahead[h]) / days;
      }
      naive += Scores.seasonalError(series, origin, Walk.WEEK);
      whole += Math.abs(path[days - 1]);
      mornings++;
      paths.add(path);
    }
    return new BackTest(
        method,
        walk,
        new ErrorPaths(paths.toArray(double[][]::new), false),
        mornings == 0 ? Double.POSITIVE_INFINITY : whole / mornings,
        naive <= 0 ? Double.NaN : daily / naive);
  }

  /** The daily spend as it was before a morning. */
  static double scale(double[] series, int origin, boolean sparse) {
    var window = sparse ? SPARSE_SCALE_DAYS : SCALE_DAYS;
    var recent = mean(series, Math.max(0, origin - window), origin);
    return Math.max(recent, LEAST_SHARE * mean(series, 0, origin));
  }

  private static double mean(double[] series, int from, int to) {
    return from >= to ? 0 : Arrays.stream(series, from, to).sum() / (to - from);
  }
}
