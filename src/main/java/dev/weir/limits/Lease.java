package dev.weir.limits;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Units of one subject that this process may hand out until a deadline. Its state is one atomic:
 * how many are left, or sealed, after which none is taken and none comes back.
 *
 * <p>The deadline counts from before the request was sent, so it never lies after the moment at
 * which Postgres holds the lease for expired, however long the answer took. Thread-safe.
 */
final class Lease {
  /** A lease of nothing, for a subject that has none. */
  static final Lease NONE =
      new Lease(
          new UUID(0, 0), Instant.EPOCH, LocalDate.EPOCH, 0, 0, 0, Duration.ZERO, Long.MIN_VALUE);

  private static final long SEALED = -1;

  private final UUID id;
  private final Instant moment;
  private final LocalDate month;
  private final long epoch;
  private final long granted;
  private final long anchorNanos;
  private final long deadlineNanos;
  private final long lowWater;
  private final AtomicLong left;

  /**
   * A lease that was granted.
   *
   * @param id chosen by this process
   * @param moment the database's time when it was granted
   * @param month the month that it belongs to and ends with
   * @param epoch that of its subject's limits
   * @param granted units
   * @param anchorNanos the monotonic clock before it was asked for
   * @param timeToLive how long from there
   * @param lowWater when so few are left, more should be asked for; negative for never
   */
  Lease(
      UUID id,
      Instant moment,
      LocalDate month,
      long epoch,
      long granted,
      long anchorNanos,
      Duration timeToLive,
      long lowWater) {
    this.id = id;
    this.moment = moment;
    this.month = month;
    this.epoch = epoch;
    this.granted = granted;
    this.anchorNanos = anchorNanos;
    this.deadlineNanos = anchorNanos + timeToLive.toNanos();
    this.lowWater = lowWater;
    this.left = new AtomicLong(granted);
  }

  UUID id() {
    return id;
  }

  LocalDate month() {
    return month;
  }

  long epoch() {
    return epoch;
  }

  long granted() {
    return granted;
  }

  long anchorNanos() {
    return anchorNanos;
  }

  /** Takes a unit; false if none is left or its time is over. */
  boolean take(long now) {
    if (!fresh(now)) {
      return false;
    }
    for (var units = left.get(); units > 0; units = left.get()) {
      if (left.compareAndSet(units, units - 1)) {
        return true;
      }
    }
    return false;
  }

  /** Puts a unit back; false if it is sealed: then the ledger must be told. */
  boolean putBack() {
    for (var units = left.get(); units != SEALED; units = left.get()) {
      if (left.compareAndSet(units, units + 1)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Ends it.
   *
   * @return the units that were not used, or a negative number if it had ended before
   */
  long seal() {
    return left.getAndSet(SEALED);
  }

  /** Units that may still be taken, if its time is not over. */
  long left() {
    return Math.max(0, left.get());
  }

  boolean sealed() {
    return left.get() == SEALED;
  }

  /** Whether it is down to where more should be asked for. */
  boolean low() {
    return left.get() == lowWater;
  }

  /** Whether its time is not over. */
  boolean fresh(long now) {
    return now - deadlineNanos < 0;
  }

  /** How long it still lasts; negative afterwards. */
  long nanosLeft(long now) {
    return deadlineNanos - now;
  }

  /** The database's time, by the moment of the grant and what has passed since. */
  Instant databaseTime(long now) {
    return moment.plusNanos(now - anchorNanos);
  }
}
