package dev.weir.forecast;

import java.util.Arrays;

/** Forecasts of many simulated series, each held against the days after it. */
final class Corpus {
  private Corpus() {}

  /**
   * What was counted.
   *
   * @param hit80 intervals of 80 % that held
   * @param hit95 intervals of 95 % that held
   * @param error the mean absolute error of the sum, in shares of a mean month
   * @param baseline that of the seasonal naive forecast
   * @param own how often another method than the baseline was used
   * @param mase of the days
   */
  record Run(
      Scores.Coverage hit80,
      Scores.Coverage hit95,
      double error,
      double baseline,
      int own,
      double mase) {}

  static Run run(Simulated kind, int days, int ahead, int series, long seeds) {
    var hit80 = new Scores.Coverage(0, 0);
    var hit95 = new Scores.Coverage(0, 0);
    var error = 0.0;
    var baseline = 0.0;
    var own = 0;
    var mase = 0.0;
    for (var i = 0; i < series; i++) {
      var all = kind.series(days + ahead, i + seeds + 1000L * ahead);
      var known = Arrays.copyOf(all, days);
      var truth = Arrays.stream(all, days, days + ahead).sum();
      var r =
          Forecaster.foresee(
              new Forecaster.Question(known, 1, ahead - 1, new double[0], ErrorPaths.NONE));
      var naive = Arrays.stream(new SeasonalNaive(known).ahead(days, ahead)).sum();
      var mean = Arrays.stream(known).average().orElse(1) * ahead;
      error += Math.abs(r.expected() - truth) / mean / series;
      baseline += Math.abs(naive - truth) / mean / series;
      own += r.method() == Method.SEASONAL_NAIVE ? 0 : 1;
      mase +=
          Scores.mase(Arrays.copyOfRange(all, days, days + ahead), r.point(), known, Walk.WEEK)
              / series;
      hit80 = hit80.plus(hit(r, 0.80, truth));
      hit95 = hit95.plus(hit(r, 0.95, truth));
    }
    return new Run(hit80, hit95, error, baseline, own, mase);
  }

  static Scores.Coverage hit(Remainder r, double level, double truth) {
    var low = r.quantile((1 - level) / 2);
    var high = r.quantile((1 + level) / 2);
    if (low.isEmpty() || high.isEmpty()) {
      return new Scores.Coverage(0, 0);
    }
    var inside = low.getAsDouble() <= truth && truth <= high.getAsDouble();
    return new Scores.Coverage(inside ? 1 : 0, 1);
  }
}
