package dev.weir.forecast;

/** The same weekday of the last known week: the baseline of every score here. */
final class SeasonalNaive implements Walk {
  private final double[] series;

  SeasonalNaive(double[] series) {
    this.series = series;
  }

  @Override
  public double[] ahead(int origin, int days) {
    var ahead = new double[days];
    for (var h = 0; h < days; h++) {
      ahead[h] = series[origin - WEEK + h % WEEK];
    }
    return ahead;
  }

  @Override
  public int first() {
    return WEEK;
  }
}
