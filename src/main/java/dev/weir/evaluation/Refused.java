package dev.weir.evaluation;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Obstacle;
import dev.weir.core.Usage;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Tally;

/** Whose failure a call's error is. */
enum Refused {
  /** The version's. */
  VERSION,
  /** Its provider's; perhaps it passes. */
  PROVIDER,
  /** Nobody's, and it passes. */
  FOR_NOW,
  /** Nobody's, and it stays. */
  FOR_GOOD,
  /** The budget is spent. */
  MONEY,
  /** This node goes down. */
  GOING;

  /**
   * Of a call that was made. One that ran out of time before anybody was asked is nobody's, and
   * money that others hold is not spent.
   */
  static Refused of(AIError error, Tally tally) {
    var unasked =
        error.code() == ErrorCode.TIMEOUT
            && tally.attempts().stream().noneMatch(Refused::somebodyWasAsked);
    return unasked || Obstacle.of(error) == Obstacle.HELD ? FOR_NOW : of(error.code());
  }

  static Refused of(ErrorCode code) {
    return switch (code) {
      case BUDGET_EXCEEDED -> MONEY;
      case DRAINING -> GOING;
      case PROVIDER_ERROR, PROVIDER_UNREACHABLE -> PROVIDER;
      case RATE_LIMITED, PROVIDER_RATE_LIMITED, OVERLOADED, STORAGE_UNAVAILABLE, CIRCUIT_OPEN ->
          FOR_NOW;
      case QUOTA_EXCEEDED,
          MODEL_UNPRICED,
          UNAUTHENTICATED,
          FORBIDDEN,
          NOT_FOUND,
          PROVIDER_AUTH,
          INTERNAL ->
          FOR_GOOD;
      default -> VERSION;
    };
  }

  /** Whether an attempt left: one that waited until its time was over used nothing. */
  private static boolean somebodyWasAsked(AttemptRecord attempt) {
    return !attempt.usage().equals(Usage.NONE)
        || attempt
            .failure()
            .map(code -> code != ErrorCode.TIMEOUT && code.blame() == ErrorCode.Blame.PROVIDER)
            .orElse(true);
  }
}
