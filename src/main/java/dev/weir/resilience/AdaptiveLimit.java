package dev.weir.resilience;

import java.time.Duration;

/**
 * How many attempts may be under way at one provider: its pool's size while it is well, fewer when
 * it fails or slows down under them.
 *
 * <p>Additive increase and multiplicative decrease, as TCP does it: a failure of the provider's, or
 * answers that take more than two and a half times their usual time while the limit is in use, cut
 * it (to 0.8 and 0.9), at most once a second, since what fails together fails for one reason. A
 * success under a limit in use raises it by its reciprocal, and ten seconds without a cut double
 * it, so that a quiet provider's outage is forgotten by the next burst. The usual time is a slow
 * moving average, the present one a fast one; streams count by their first piece, whole answers by
 * their end, apart from each other.
 *
 * <p>Guarded by whoever holds it.
 */
final class AdaptiveLimit {
  private static final double FAILED = 0.8;
  private static final double SLOW = 0.9;
  private static final long BETWEEN_CUTS = Duration.ofSeconds(1).toNanos();
  private static final long FORGET = Duration.ofSeconds(10).toNanos();
  private static final double LEAST_STEP = 0.05;

  private final int floor;
  private final int most;
  private final Pace whole = new Pace();
  private final Pace streamed = new Pace();
  private double limit;
  private long changedAt;

  /**
   * A full limit.
   *
   * @param floor never fewer
   * @param most never more
   */
  AdaptiveLimit(int floor, int most, long now) {
    this.most = most;
    this.floor = Math.min(floor, most);
    this.limit = most;
    this.changedAt = now;
  }

  int now(long now) {
    for (; now - changedAt >= FORGET && limit < most; changedAt += FORGET) {
      limit = Math.min(most, limit * 2);
    }
    return (int) limit;
  }

  /** An attempt answered after so long, while so many were under way. */
  void well(long nanos, boolean stream, int underWay, long now) {
    var slow = (stream ? streamed : whole).add(nanos);
    if (underWay * 2 < limit) {
      return;
    }
    if (slow) {
      cut(SLOW, underWay, now);
    } else {
      limit = Math.min(most, limit + Math.max(LEAST_STEP, 1 / limit));
    }
  }

  /** An attempt failed by the provider's own fault. */
  void sick(int underWay, long now) {
    cut(FAILED, underWay, now);
  }

  private void cut(double to, int underWay, long now) {
    if (now - changedAt >= BETWEEN_CUTS || limit == most) {
      // A limit far above what was under way would be cut many times before it is felt.
      limit = Math.max(floor, to * Math.min(limit, Math.max(underWay, limit / 2)));
      changedAt = now;
    }
  }

  /** The usual time of an answer, and the present one. */
  private static final class Pace {
    private static final int ENOUGH = 100;
    private static final double USUAL = 0.002;
    private static final double PRESENT = 0.1;
    private static final double TOLERANCE = 2.5;

    private double usual;
    private double present;
    private int count;

    /** Adds a sample; whether answers are slow at present. */
    boolean add(long nanos) {
      if (count < ENOUGH) {
        count++;
        usual += (nanos - usual) / count;
        present = usual;
        return false;
      }
      usual += (nanos - usual) * USUAL;
      present += (nanos - present) * PRESENT;
      return present > TOLERANCE * usual;
    }
  }
}
