package dev.weir.limits;

/**
 * A burst limit of this process: so many in a minute, all of them at once if nobody came before.
 * Thread-safe.
 */
final class TokenBucket {
  private static final double MINUTE = 60e9;

  private double level = -1;
  private long last;

  /**
   * Takes {@code amount}, where the bucket refills {@code perMinute} a minute and holds as many.
   *
   * @return 0 if it was there, else the nanoseconds after which it will be
   */
  synchronized long take(long amount, long perMinute, long now) {
    refill(perMinute, now);
    if (level >= amount) {
      level -= amount;
      return 0;
    }
    return (long) Math.ceil((amount - level) / perMinute * MINUTE);
  }

  /** Takes what was used already, be it there or not; a negative amount was not used after all. */
  synchronized void use(long amount, long perMinute, long now) {
    refill(perMinute, now);
    level -= amount;
  }

  /** What could be taken now; never negative. */
  synchronized long level(long perMinute, long now) {
    refill(perMinute, now);
    return Math.max(0, (long) level);
  }

  private void refill(long perMinute, long now) {
    level =
        level == -1 && last == 0
            ? (double) perMinute
            : Math.min((double) perMinute, level + (now - last) / MINUTE * perMinute);
    last = now;
  }
}
