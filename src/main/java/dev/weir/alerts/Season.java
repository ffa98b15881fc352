package dev.weir.alerts;

/** How much of the usual cost falls into each hour of the week (UTC), 1 on average. */
final class Season {
  static final int HOURS = 168;

  /** A quiet hour is not taken for an empty one. */
  private static final double LEAST = 0.1;

  /** 1970-01-01 was a Thursday; the week here begins on Monday. */
  private static final int THURSDAY = 72;

  private static final Season FLAT = new Season(flatHours());

  private final double[] hours;

  private Season(double[] hours) {
    this.hours = hours;
  }

  /** No hour differs from another. */
  static Season flat() {
    return FLAT;
  }

  /**
   * The season of these sums, smoothed over three neighbouring hours.
   *
   * @param sums what was spent in each hour of the week, Monday 00:00 first
   */
  static Season of(double[] sums) {
    var smooth = new double[HOURS];
    var all = 0.0;
    for (var h = 0; h < HOURS; h++) {
      smooth[h] = sums[(h + HOURS - 1) % HOURS] / 4 + sums[h] / 2 + sums[(h + 1) % HOURS] / 4;
      all += smooth[h];
    }
    if (all <= 0) {
      return FLAT;
    }
    var floored = 0.0;
    for (var h = 0; h < HOURS; h++) {
      smooth[h] = Math.max(LEAST, smooth[h] * HOURS / all);
      floored += smooth[h];
    }
    for (var h = 0; h < HOURS; h++) {
      smooth[h] *= HOURS / floored;
    }
    return new Season(smooth);
  }

  /** The season of a minute, counted from 1970. */
  double at(long minute) {
    return hours[(int) ((minute / 60 + THURSDAY) % HOURS)];
  }

  private static double[] flatHours() {
    var hours = new double[HOURS];
    java.util.Arrays.fill(hours, 1);
    return hours;
  }
}
