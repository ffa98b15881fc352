package dev.weir.forecast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * From the days that are over to the days until the month ends. Pure; a year takes about a
 * millisecond.
 *
 * <p>Each method is back-tested for just the number of days that are asked for; the one with the
 * smallest error of the sum is used, and the plain baseline where no other beats it. The errors of
 * the same back-test then make the interval.
 */
public final class Forecaster {
  /** Below, there is no weekly season to learn and the mean of the days speaks. */
  private static final int LEAST_DAYS = 3 * Walk.WEEK;

  /** A method that beats the baseline by less than this did not beat it. */
  private static final double MARGIN = 0.98;

  private Forecaster() {}

  /**
   * What to foresee.
   *
   * @param daily spend of the days that are over, oldest first, the last one yesterday
   * @param todayLeft the share of today that is still to come, 0 to 1
   * @param daysAfter the whole days after today until the month ends
   * @param factors by what each day's spend changes because prices will, today first; empty: by
   *     nothing
   * @param pool errors of other series, for one whose own are too few
   */
  @SuppressWarnings("ArrayRecordComponent") // figures on their way, never compared
  record Question(
      double[] daily, double todayLeft, int daysAfter, double[] factors, ErrorPaths pool) {
    int days() {
      return daysAfter + 1;
    }
  }

  /** Foresees it. */
  static Remainder foresee(Question q) {
    var tests = tests(q.daily(), q.days());
    return foresee(q, choose(tests), tests.getFirst());
  }

  /** Foresees it by a method that was chosen. */
  static Remainder foresee(Question q, BackTest chosen, BackTest baseline) {
    var ahead = chosen.walk().ahead(q.daily().length, q.days());
    for (var h = 0; h < ahead.length && h < q.factors().length; h++) {
      ahead[h] *= q.factors()[h];
    }
    var errors = errors(chosen, q);
    var sparse = ZeroInflated.suits(q.daily());
    var scale = BackTest.scale(q.daily(), q.daily().length, sparse) * meanFactor(q.factors());
    return new Remainder(
        chosen.method(),
        errors,
        steps(ahead, new double[ahead.length], q.todayLeft()),
        Arrays.stream(errors.widened().paths())
            .map(path -> steps(ahead, scaled(path, scale), q.todayLeft()))
            .toArray(double[][]::new),
        quality(baseline, chosen));
  }

  /** Every method that has something to say of such a series, the baseline first. */
  static List<BackTest> tests(double[] daily, int days) {
    if (daily.length < LEAST_DAYS) {
      return List.of(BackTest.of(Method.MEAN, new MeanOfDays(daily), daily, 1, days));
    }
    var walks = new ArrayList<BackTest>();
    var smoothing = new HoltWinters(daily);
    // All are asked on the same mornings, or their errors could not be compared.
    var from = smoothing.first();
    walks.add(BackTest.of(Method.SEASONAL_NAIVE, new SeasonalNaive(daily), daily, from, days));
    walks.add(BackTest.of(Method.HOLT_WINTERS, smoothing, daily, from, days));
    if (ZeroInflated.suits(daily)) {
      walks.add(BackTest.of(Method.ZERO_INFLATED, new ZeroInflated(daily), daily, from, days));
    }
    return walks;
  }

  /** The best of them, which is the first, the baseline, unless another clearly beats it. */
  static BackTest choose(List<BackTest> tests) {
    var baseline = tests.getFirst();
    if (tests.size() == 1) {
      return baseline;
    }
    var best =
        tests.stream()
            .skip(1)
            .min(Comparator.comparingDouble(BackTest::cumulative))
            .orElse(baseline);
    if (baseline.errors().count() == 0) {
      // Nothing to judge by yet: smoothing is the better guess, as the corpus shows.
      return best;
    }
    return best.cumulative() < MARGIN * baseline.cumulative() ? best : baseline;
  }

  /** Its own, or the pool's, or none. */
  private static ErrorPaths errors(BackTest chosen, Question q) {
    var own = chosen.errors();
    if (own.count() >= ErrorPaths.FOR_95) {
      return own;
    }
    if (q.pool().count() >= ErrorPaths.FOR_80) {
      return new ErrorPaths(
          Arrays.stream(q.pool().paths())
              .map(path -> Arrays.copyOf(path, q.days()))
              .toArray(double[][]::new),
          true);
    }
    return own.count() >= ErrorPaths.FOR_80 ? own : ErrorPaths.NONE;
  }

  private static double meanFactor(double[] factors) {
    return factors.length == 0 ? 1 : Arrays.stream(factors).average().orElse(1);
  }

  private static double[] scaled(double[] path, double scale) {
    return Arrays.stream(path).map(u -> u * scale).toArray();
  }

  /**
   * The spend of each day from now on, along one path of cumulative errors. Of today only the part
   * that is left; its error shrinks with the root of that part, as a sum of many small ones does.
   * Nothing is ever paid back.
   */
  private static double[] steps(double[] ahead, double[] errors, double todayLeft) {
    var steps = new double[ahead.length];
    var foreseen = 0.0;
    var reached = 0.0;
    for (var h = 0; h < ahead.length; h++) {
      foreseen += h == 0 ? todayLeft * ahead[0] : ahead[h];
      var error =
          h == 0
              ? Math.sqrt(todayLeft) * errors[0]
              : errors[h] - (1 - Math.sqrt(todayLeft)) * errors[0];
      var level = Math.max(reached, foreseen + error);
      steps[h] = level - reached;
      reached = level;
    }
    return steps;
  }

  private static Remainder.Quality quality(BackTest baseline, BackTest chosen) {
    var own = chosen.errors();
    return new Remainder.Quality(
        own.count(),
        chosen.mase(),
        baseline.mase(),
        chosen.cumulative(),
        baseline.cumulative(),
        HeldOut.pinball(own),
        HeldOut.coverage(own, 0.80),
        HeldOut.coverage(own, 0.95));
  }
}
