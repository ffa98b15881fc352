package dev.weir.forecast;

/** The mean of the days known, at most the last four weeks. */
final class MeanOfDays implements Walk {
  private static final int MOST = 4 * WEEK;

  private final double[] series;

  MeanOfDays(double[] series) {
    this.series = series;
  }

  @Override
  public double[] ahead(int origin, int days) {
    var from = Math.max(0, origin - MOST);
    var sum = 0.0;
    for (var t = from; t < origin; t++) {
      sum += series[t];
    }
    var ahead = new double[days];
    java.util.Arrays.fill(ahead, origin == from ? 0 : sum / (origin - from));
    return ahead;
  }

  @Override
  public int first() {
    return 1;
  }
}
