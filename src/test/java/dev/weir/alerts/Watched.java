package dev.weir.alerts;

import java.util.Arrays;

/** Simulated series under the detector. */
final class Watched {
  private static final long WEEK = 7 * 1440;

  private final Traffic traffic;
  private final Season season;
  private final Detector detector;
  private Pulse pulse = Pulse.seeded(-1, 0, 0);
  private long minute;

  private Watched(Traffic.Kind kind, long seed, Detector detector) {
    this.traffic = new Traffic(kind, seed);
    this.detector = detector;
    this.season =
        switch (kind) {
          case DENSE, SPARSE, HEAVY -> season();
          case SESSIONS, BATCH -> Season.flat();
        };
  }

  /** Alarms without a cause, over so many series and weeks. */
  static int falseAlarms(Traffic.Kind kind, int series, int weeks, double perWeek, long seeds) {
    var alarms = 0;
    for (var i = 0; i < series; i++) {
      var watched = new Watched(kind, seeds + i, detector(series, perWeek));
      alarms += watched.run(weeks * WEEK);
    }
    return alarms;
  }

  /** The minutes until a rise is found, ascending; 1,441 where it is not found within a day. */
  static int[] delays(
      Traffic.Kind kind,
      int series,
      int weeks,
      double rise,
      double falseAlarmsPerWeek,
      long seeds) {
    var delays = new int[series];
    for (var i = 0; i < series; i++) {
      var watched = new Watched(kind, seeds + i, detector(series, falseAlarmsPerWeek));
      // It begins at another time of the day for each.
      watched.run(weeks * WEEK + 600 + i * 7L % 720);
      delays[i] = watched.delay(rise);
    }
    Arrays.sort(delays);
    return delays;
  }

  private static Detector detector(int each, double perWeek) {
    return new Detector((long) each * Traffic.Kind.values().length, perWeek, 1);
  }

  private int run(long minutes) {
    var alarms = 0;
    var firing = false;
    for (var end = minute + minutes; minute < end; minute++) {
      learn(1);
      var alarm = detector.alarms(pulse);
      alarms += alarm && !firing ? 1 : 0;
      firing = alarm || firing && !detector.calm(pulse);
    }
    return alarms;
  }

  private int delay(double rise) {
    for (var waited = 1; waited <= 1440; waited++) {
      learn(rise);
      minute++;
      if (detector.alarms(pulse)) {
        return waited;
      }
    }
    return 1441;
  }

  private void learn(double rise) {
    var usd = traffic.next(minute, rise);
    if (usd > 0) {
      pulse = detector.learn(pulse, season, minute, usd);
    }
  }

  private static Season season() {
    var sums = new double[Season.HOURS];
    for (var h = 0; h < Season.HOURS; h++) {
      // 1970 began on a Thursday, the week of the season begins on a Monday.
      sums[h] = Traffic.season((h + 96) % Season.HOURS * 60L);
    }
    return Season.of(sums);
  }
}
