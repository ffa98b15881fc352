package dev.weir.forecast;

/**
 * For spend that is nothing on many days: the chance of a day with spend, per weekday, times the
 * size of such a day, both followed by exponential smoothing (after Teunter, Syntetos and Babai,
 * 2011, whose estimate also fades when a user stops coming).
 */
final class ZeroInflated implements Walk {
  private static final double CHANCE = 0.1;
  private static final double SIZE = 0.1;

  /** How much the chance of a weekday leans on that of all days. */
  private static final double SHRINK = 0.5;

  private final double[][] chances;
  private final double[] sizes;

  ZeroInflated(double[] series) {
    chances = new double[series.length + 1][];
    sizes = new double[series.length + 1];
    var weekday = new double[WEEK];
    var any = 0.5;
    java.util.Arrays.fill(weekday, any);
    var size = 0.0;
    var seen = 0;
    for (var t = 0; t <= series.length; t++) {
      chances[t] = new double[WEEK];
      for (var d = 0; d < WEEK; d++) {
        chances[t][d] = SHRINK * any + (1 - SHRINK) * weekday[d];
      }
      sizes[t] = size;
      if (t == series.length) {
        break;
      }
      var came = series[t] > 0 ? 1.0 : 0.0;
      any += Math.max(CHANCE / 3, 1.0 / (t + 2)) * (came - any);
      weekday[t % WEEK] += Math.max(CHANCE, 1.0 / (t / WEEK + 2)) * (came - weekday[t % WEEK]);
      if (came > 0) {
        seen++;
        size += Math.max(SIZE, 1.0 / seen) * (series[t] - size);
      }
    }
  }

  /** Whether so many days of a series are empty that it is worth asking. */
  static boolean suits(double[] series) {
    var empty = java.util.Arrays.stream(series).filter(v -> v <= 0).count();
    return empty * 5 > series.length;
  }

  @Override
  public double[] ahead(int origin, int days) {
    var ahead = new double[days];
    for (var h = 0; h < days; h++) {
      ahead[h] = chances[origin][(origin + h) % WEEK] * sizes[origin];
    }
    return ahead;
  }

  @Override
  public int first() {
    return 2 * WEEK;
  }
}
