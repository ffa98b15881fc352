package dev.weir.alerts;

/**
 * Tells a jump of a series' cost per minute from its ordinary unrest. Pure and immutable.
 *
 * <p>A minute's cost, once the season is out of it, is held to be gamma distributed around the
 * level with the series' own spread. Against it stands the hypothesis of {@value #RISE} times the
 * cost. Each minute adds the logarithm of the likelihood ratio, and the sum never falls below
 * nothing: Page's CUSUM. Since the ratio has the mean 1 while nothing has changed, a threshold of
 * {@code log c} is crossed at most every {@code c} minutes on average (Lorden, 1971; that CUSUM is
 * an e-detector, Shin, Ramdas and Rinaldo, 2024). With {@code n} series and {@code a} false alarms
 * a week allowed over all of them, {@code c = n x 10,080 / a}.
 *
 * <p>What would break the bound is held off by three rules. The spread is never taken for less than
 * whole hours show, so that users who come in sessions are not alarms. One minute brings at most a
 * quarter of the threshold, whatever it costs, so that one dear call is none. And what is not known
 * of a young series is held to be unrest.
 */
final class Detector {
  /** How many times the cost the test asks about. */
  static final double RISE = 3;

  private static final double FADE = Math.pow(0.5, 1.0 / (7 * 1440));
  private static final double LOG_RISE = Math.log(RISE);

  /** The level may drift so far without the evidence growing: log(RISE) / (1 - 1 / RISE). */
  private static final double BORNE = LOG_RISE / (1 - 1 / RISE);

  /** A young series' spread: that of so many minutes and hours, before any is known. */
  private static final double YOUNG_SPREAD = 20;

  private static final double YOUNG_MINUTES = 60;
  private static final double YOUNG_BURSTS = YOUNG_SPREAD / 60;
  private static final double YOUNG_HOURS = 7;

  /** No series is so calm that its minutes may tell more. */
  private static final double CALMEST = 0.4;

  /** Sums of dear calls have a fatter tail than the gamma distribution of their variance. */
  private static final double SKEW = 1.3;

  /** A series is judged when it was watched, or is known by its daily sums, for three days. */
  private static final double KNOWN = 3 * 1440 * 0.8;

  /**
   * The bound is that of a known level and spread; these are estimated, and calls have fat tails.
   */
  private static final double CAUTION = 5;

  /** A level is one after a day; before, its unrest cannot be told from its own growth. */
  private static final double LEVEL_KNOWN = 1440 * 0.9;

  /** So many times the expected is as far as unrest goes. */
  private static final double FARTHEST = 50;

  /** As {@link #FARTHEST}, of an hour during an alarm. */
  private static final double ALARMING = 3;

  /** Of the threshold, in one minute. */
  private static final double SHARE = 0.25;

  private final double threshold;
  private final double leastUsd;

  /**
   * A detector with this budget.
   *
   * @param series how many series are watched
   * @param falseAlarmsPerWeek how many alarms without a cause are borne in a week, over all series
   * @param leastUsd a jump of less is none
   */
  Detector(long series, double falseAlarmsPerWeek, double leastUsd) {
    var budget = Math.max(1, series) * 10_080.0 / falseAlarmsPerWeek;
    this.threshold = Math.log(Math.max(budget * CAUTION, 10));
    this.leastUsd = leastUsd;
  }

  /** Whether the series jumps, by what is remembered of it. */
  boolean alarms(Pulse pulse) {
    return pulse.evidence() >= threshold && pulse.excess() >= leastUsd;
  }

  /** Whether it is calm again. */
  boolean calm(Pulse pulse) {
    return pulse.evidence() <= 0;
  }

  /** What it is expected to cost in a minute; never nothing. */
  double expected(Pulse pulse, Season season, long minute) {
    var level = pulse.exposure() <= 0 ? 0 : pulse.cost() / pulse.exposure();
    return Math.max(level * season.at(minute), leastUsd / 1440);
  }

  /**
   * Learns a minute, after those without cost since the last one.
   *
   * @param minute later than the pulse's own
   * @param usd what it cost
   */
  Pulse learn(Pulse pulse, Season season, long minute, double usd) {
    var now = quietUntil(pulse, season, minute - 1);
    if (minute / 60 != now.minute() / 60) {
      now = hourOver(now);
    }
    var expected = expected(now, season, minute);
    var ratio = usd / expected;
    var step = calmness(now) * (ratio * (1 - 1 / RISE) - LOG_RISE);
    return judged(now)
        ? learnt(now, season, minute, usd, ratio)
            .with(Math.min(step, threshold * SHARE), usd - expected)
        : learnt(now, season, minute, usd, ratio);
  }

  /** Learns that nothing was spent up to this minute. */
  Pulse quietUntil(Pulse pulse, Season season, long last) {
    var now = pulse;
    while (now.minute() < last) {
      if ((now.minute() + 1) / 60 != now.minute() / 60) {
        now = hourOver(now);
      }
      var next = now.minute() + 1;
      var until = Math.min(last, next / 60 * 60 + 59);
      now = quiet(now, season, until);
    }
    return now;
  }

  private Pulse quiet(Pulse p, Season season, long until) {
    var n = (double) (until - p.minute());
    var fade = Math.pow(FADE, n);
    var weight = (1 - fade) / (1 - FADE);
    var known = p.exposure() >= LEVEL_KNOWN;
    var silent =
        new Pulse(
            until,
            p.cost() * fade,
            p.exposure() * fade + season.at(until) * weight,
            p.minutes() * fade + (known ? weight : 0),
            p.spread() * fade + (known ? weight : 0),
            p.hours(),
            p.bursts(),
            p.hourSum(),
            p.lastBurst(),
            p.evidence(),
            p.excess());
    return silent.with(-n * calmness(p) * LOG_RISE, -n * expected(p, season, until));
  }

  private static Pulse learnt(Pulse p, Season season, long minute, double usd, double ratio) {
    // Before a level is known, distances from it tell nothing; and a jump must not be able to hide
    // behind the unrest that it makes itself.
    var known = p.exposure() >= LEVEL_KNOWN;
    var distance = known ? Math.min(ratio, FARTHEST) - 1 : 0;
    return new Pulse(
        minute,
        p.cost() * FADE + usd,
        p.exposure() * FADE + season.at(minute),
        p.minutes() * FADE + (known ? 1 : 0),
        p.spread() * FADE + distance * distance,
        p.hours(),
        p.bursts(),
        p.hourSum() + (known ? ratio : 0),
        p.lastBurst(),
        p.evidence(),
        p.excess());
  }

  private Pulse hourOver(Pulse p) {
    var fade = Math.pow(FADE, 60);
    // An hour that alarms is learnt as unrest too, but a little: else the alarm would outlive its
    // cause by days, because nothing would count for much any more.
    var most = p.evidence() >= threshold ? ALARMING : FARTHEST;
    var above = Math.clamp(p.hourSum() / 60 - BORNE, 0, most);
    return new Pulse(
        p.minute(),
        p.cost(),
        p.exposure(),
        p.minutes(),
        p.spread(),
        p.hours() * fade + (p.exposure() >= LEVEL_KNOWN ? 1 : 0),
        p.bursts() * fade + p.lastBurst(),
        0,
        above * above,
        p.evidence(),
        p.excess());
  }

  /** The gamma's shape: one over the variance of cost / expected in the long run. */
  private static double calmness(Pulse p) {
    var minutes = (p.spread() + YOUNG_MINUTES * YOUNG_SPREAD) / (p.minutes() + YOUNG_MINUTES);
    var hours = (p.bursts() + YOUNG_HOURS * YOUNG_BURSTS) / (p.hours() + YOUNG_HOURS);
    return 1 / (SKEW * Math.max(CALMEST, Math.max(minutes, 60 * hours)));
  }

  private static boolean judged(Pulse p) {
    return p.exposure() >= KNOWN;
  }
}
