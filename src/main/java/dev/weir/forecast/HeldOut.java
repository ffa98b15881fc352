package dev.weir.forecast;

import java.util.Arrays;

/**
 * How intervals would have done in the past: each morning's interval is made of the errors that
 * were complete by then, and of nothing later.
 */
final class HeldOut {
  /** Neighbouring mornings tell nearly the same. */
  private static final int STRIDE = 3;

  private HeldOut() {}

  /** How often an interval of this level held the sum of all the days. */
  static Scores.Coverage coverage(ErrorPaths errors, double level) {
    var hits = 0;
    var of = 0;
    for (var i = errors.count() - 1; i >= 0; i -= STRIDE) {
      var days = errors.paths()[i].length;
      // The error of a morning is complete when its last day is over.
      var known = i - days + 1;
      if (known < ErrorPaths.FOR_95) {
        break;
      }
      var sorted =
          Arrays.stream(errors.paths(), 0, known).mapToDouble(p -> p[days - 1]).sorted().toArray();
      var spread = ErrorPaths.widening(known, days);
      var median = ErrorPaths.quantile(sorted, 0.5).orElse(0);
      var low = ErrorPaths.quantile(sorted, (1 - level) / 2);
      var high = ErrorPaths.quantile(sorted, (1 + level) / 2);
      var truth = (errors.paths()[i][days - 1] - median) / spread + median;
      of++;
      if (low.isPresent()
          && high.isPresent()
          && low.getAsDouble() <= truth
          && truth <= high.getAsDouble()) {
        hits++;
      }
    }
    return new Scores.Coverage(hits, of);
  }

  /** The mean pinball loss of the 10, 50 and 90 % of the sum, in units of a day's spend. */
  static double pinball(ErrorPaths errors) {
    if (errors.count() < ErrorPaths.FOR_80) {
      return Double.NaN;
    }
    var last = errors.paths()[0].length - 1;
    var values = Arrays.stream(errors.paths()).mapToDouble(p -> p[last]).sorted().toArray();
    var loss = 0.0;
    for (var level : new double[] {0.1, 0.5, 0.9}) {
      var quantile = ErrorPaths.quantile(values, level).orElse(0);
      loss +=
          Arrays.stream(values).map(v -> Scores.pinball(v, quantile, level)).average().orElse(0);
    }
    return loss / 3;
  }
}
