package dev.weir.limits;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Obstacle;
import dev.weir.core.Usd;
import java.time.Duration;

/** The words for every way of being turned away by a limit, with the figures as details. */
final class Refusals {
  private static final Duration MOMENT = Duration.ofSeconds(1);
  private static final Duration A_WHILE = Duration.ofSeconds(2);

  private Refusals() {}

  /** The calls of the day or of the month are used up. */
  static AIError used(Standing s) {
    var day = s.dayLimit() != Standing.NO_LIMIT && s.dayUsed() >= s.dayLimit();
    var month = s.monthLimit() != Standing.NO_LIMIT && s.monthUsed() >= s.monthLimit();
    var limit = month ? s.monthLimit() : s.dayLimit();
    var used = month ? s.monthUsed() : s.dayUsed();
    var wait = month ? s.monthEnds() : s.dayFrees();
    return AIError.of(
            ErrorCode.QUOTA_EXCEEDED,
            "The "
                + limit
                + " calls that this "
                + s.subject().kind().label()
                + (month ? " has in a month are used up" : " has in 24 hours are used up")
                + "; "
                + (month ? "the month ends in " : "the next comes back in ")
                + spoken(wait)
                + ". An administrator can raise the limit.")
        .with("limit", "calls_per_" + (month || !day ? "month" : "day"))
        .with("subject", s.subject().kind().label())
        .with("allowed", limit)
        .with("used", used)
        .with("resets_in_ms", wait.toMillis())
        .retryAfter(wait);
  }

  /** The process ends; another one has this limit's calls. */
  static AIError closing() {
    return AIError.of(ErrorCode.DRAINING, "This node is shutting down; try again.")
        .retryAfter(MOMENT);
  }

  /** Units are in other processes' hands and did not come back in time. */
  static AIError elsewhere() {
    return AIError.of(
            ErrorCode.RATE_LIMITED,
            "The last calls of this limit are being used at other nodes at this moment; try again"
                + " shortly.")
        .with("limit", "calls_leased")
        .retryAfter(MOMENT);
  }

  /** What calls did cost has come to the limit. */
  static AIError spent(Standing s) {
    return AIError.of(
            ErrorCode.BUDGET_EXCEEDED,
            "The budget of "
                + new Usd(s.usdLimit())
                + " USD a month of this "
                + s.subject().kind().label()
                + " is spent, or what is left of it does not cover this call's worst price; the"
                + " month ends in "
                + spoken(s.monthEnds())
                + ". An administrator can raise the limit.")
        .with("limit", "usd_per_month")
        .with("subject", s.subject().kind().label())
        .with("allowed_usd", new Usd(s.usdLimit()).toString())
        .with("used_usd", new Usd(s.usdSettled()).toString())
        .with("resets_in_ms", s.monthEnds().toMillis())
        .retryAfter(s.monthEnds());
  }

  /** Only what attempts in flight may cost stands in the way of one under the same cap. */
  static AIError heldOfCap(Usd most) {
    return AIError.of(
            ErrorCode.BUDGET_EXCEEDED,
            "What calls in flight may still cost takes up the rest of the "
                + most
                + " USD that they may cost together; try again when they have ended.")
        .with("limit", Obstacle.HELD.limit())
        .with("allowed_usd", most.toString())
        .retryAfter(MOMENT);
  }

  /** Another attempt could cost more than the call as a whole may. */
  static AIError capped(Usd most) {
    return AIError.of(
            ErrorCode.BUDGET_EXCEEDED,
            "This call may cost "
                + most
                + " USD in all, and another attempt could bring it above that.")
        .with("limit", Obstacle.CAP.limit())
        .with("allowed_usd", most.toString());
  }

  /** Only what calls in flight may cost stands in the way. */
  static AIError held(Standing s) {
    return AIError.of(
            ErrorCode.RATE_LIMITED,
            "What calls in flight may still cost takes up the rest of the budget of "
                + new Usd(s.usdLimit())
                + " USD a month; try again when they have ended.")
        .with("limit", Obstacle.HELD.limit())
        .with("subject", s.subject().kind().label())
        .with("allowed_usd", new Usd(s.usdLimit()).toString())
        .with("used_usd", new Usd(s.usdSettled()).toString())
        .retryAfter(A_WHILE);
  }

  /** A model without a price, for somebody with a budget. */
  static AIError unpriced(String model) {
    return AIError.of(
            ErrorCode.MODEL_UNPRICED,
            "The model "
                + model
                + " has no price here, so its cost cannot be held against your budget; choose a"
                + " priced model, or ask an administrator for an entry in conf/prices.yaml or for"
                + " max_cost_usd on its route.")
        .with("model", model);
  }

  /** More in a minute than the burst limit has. */
  static AIError burst(Subject subject, long perMinute, long waitNanos, String unit) {
    return AIError.of(
            ErrorCode.RATE_LIMITED,
            "More than "
                + perMinute
                + " "
                + unit
                + " in a minute for this "
                + subject.kind().label()
                + "; slow down a little.")
        .with("limit", unit + "_per_minute")
        .with("subject", subject.kind().label())
        .with("allowed", perMinute)
        .retryAfter(Duration.ofNanos(waitNanos));
  }

  /** More at once than the concurrency limit has. */
  static AIError concurrent(Subject subject, long most) {
    return AIError.of(
            ErrorCode.RATE_LIMITED,
            "More than "
                + most
                + " calls at once for this "
                + subject.kind().label()
                + "; wait for one to end.")
        .with("limit", Obstacle.CROWD.limit())
        .with("subject", subject.kind().label())
        .with("allowed", most)
        .retryAfter(MOMENT);
  }

  /** The ledger cannot be asked, and the tier says to admit nothing then. */
  static AIError away() {
    return AIError.of(
            ErrorCode.STORAGE_UNAVAILABLE,
            "The limits cannot be checked, because the database is away; try again shortly.")
        .retryAfter(A_WHILE);
  }

  /** The database refuses the subject for its content; asking again helps only if that changes. */
  static AIError unkept() {
    return AIError.of(
            ErrorCode.INTERNAL,
            "The limits of this user, key or team cannot be kept by the database; an administrator"
                + " finds why in the log.")
        .retryAfter(A_WHILE);
  }

  /** An administrator has closed the account. */
  static AIError disabled() {
    return AIError.of(ErrorCode.FORBIDDEN, "This user is disabled; ask an administrator.");
  }

  private static String spoken(Duration wait) {
    if (wait.toDays() > 1) {
      return wait.toDays() + " days";
    }
    if (wait.toHours() > 1) {
      return wait.toHours() + " h " + wait.toMinutesPart() + " min";
    }
    return wait.toMinutes() >= 1 ? wait.toMinutes() + " min" : wait.toSeconds() + " s";
  }
}
