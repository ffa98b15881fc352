package dev.weir.limits;

import dev.weir.core.Usd;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;

/**
 * What Postgres knew of a subject at a moment of its own clock. Used means debited: used, leased or
 * in doubt. A limit of {@link #NO_LIMIT} is none.
 *
 * @param subject whose it is
 * @param moment when, by the database's clock
 * @param month the calendar month (UTC) of the month figures, its first day
 * @param epoch moves with every change of the subject's limits
 * @param tier the user's tier; empty for keys and teams
 * @param disabled whether the user may not call at all
 * @param dayLimit calls in any 24 hours
 * @param dayUsed those debited
 * @param dayFrees until the oldest of them comes back
 * @param monthLimit calls in the month
 * @param monthUsed those debited
 * @param monthEnds until the month ends
 * @param usdLimit nano-dollars in the month
 * @param usdSettled nano-dollars that calls did cost
 * @param usdHeld nano-dollars that calls in flight and processes may still cost
 * @param bounds what each process enforces by itself
 * @param away what happens while the database cannot be asked
 * @param replicas processes at work, this one included
 */
public record Standing(
    Subject subject,
    Instant moment,
    LocalDate month,
    long epoch,
    String tier,
    boolean disabled,
    long dayLimit,
    long dayUsed,
    Duration dayFrees,
    long monthLimit,
    long monthUsed,
    Duration monthEnds,
    long usdLimit,
    long usdSettled,
    long usdHeld,
    Bounds bounds,
    Away away,
    long replicas) {

  /** A limit that is none. */
  public static final long NO_LIMIT = Long.MAX_VALUE;

  /**
   * Bounds that need no ledger.
   *
   * @param callsPerMinute a burst limit
   * @param tokensPerMinute tokens of prompts and answers
   * @param concurrent calls at once
   */
  public record Bounds(long callsPerMinute, long tokensPerMinute, long concurrent) {
    /** None. */
    public static final Bounds NONE = new Bounds(NO_LIMIT, NO_LIMIT, NO_LIMIT);
  }

  /**
   * The tier's policy while the database is away and the leases are used up.
   *
   * @param open whether calls are admitted at all
   * @param calls how many, per user and node
   * @param usd nano-dollars, per user and node
   */
  public record Away(boolean open, long calls, long usd) {
    /** Nothing is admitted. */
    public static final Away CLOSED = new Away(false, 0, 0);
  }

  /** The same with the money as another look found it. */
  Standing withMoneyOf(Standing other) {
    return new Standing(
        subject,
        moment,
        month,
        epoch,
        tier,
        disabled,
        dayLimit,
        dayUsed,
        dayFrees,
        monthLimit,
        monthUsed,
        monthEnds,
        other.usdLimit,
        other.usdSettled,
        other.usdHeld,
        bounds,
        away,
        replicas);
  }

  /** Whether its money is limited. */
  public boolean budgeted() {
    return usdLimit != NO_LIMIT;
  }

  /** Whether anything of it is limited. */
  public boolean limited() {
    return budgeted() || dayLimit != NO_LIMIT || monthLimit != NO_LIMIT;
  }

  /** Calls that may still be debited; negative where a limit was lowered below what is used. */
  public long room() {
    return Math.min(left(dayLimit, dayUsed), left(monthLimit, monthUsed));
  }

  /** Money that is neither settled nor held; never negative. */
  public Usd free() {
    return new Usd(Math.max(0, usdLimit - usdSettled - usdHeld));
  }

  private static long left(long limit, long used) {
    return limit == NO_LIMIT ? NO_LIMIT : limit - used;
  }
}
