package dev.weir.forecast;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * What the rest of the month may cost, before any budget stops it.
 *
 * @param method how it was foreseen
 * @param errors what the interval is made of
 * @param point the spend of each day from now on, today's rest first
 * @param paths the same along each error of the past: the month as it may come
 * @param quality how this was judged
 */
@SuppressWarnings("ArrayRecordComponent") // figures on their way, never compared
record Remainder(
    Method method, ErrorPaths errors, double[] point, double[][] paths, Quality quality) {
  /**
   * How the method did in its back-test.
   *
   * @param mornings from how many it was asked
   * @param mase its scaled error per day
   * @param baselineMase that of the plain baseline
   * @param error its mean absolute error of the whole sum, in days of spend
   * @param baselineError that of the plain baseline
   * @param pinball its mean loss at 10, 50 and 90 %, in days of spend
   * @param coverage80 how often 80 % intervals held, made of earlier errors alone
   * @param coverage95 as {@code coverage80}
   */
  record Quality(
      int mornings,
      double mase,
      double baselineMase,
      double error,
      double baselineError,
      double pinball,
      Scores.Coverage coverage80,
      Scores.Coverage coverage95) {}

  /** The sum as the method foresees it. */
  double expected() {
    return Arrays.stream(point).sum();
  }

  /** A quantile of the sum; empty where too few errors are known for it. */
  OptionalDouble quantile(double level) {
    return ErrorPaths.quantile(sums(), level);
  }

  private double[] sums() {
    return Arrays.stream(paths).mapToDouble(p -> Arrays.stream(p).sum()).sorted().toArray();
  }
}
