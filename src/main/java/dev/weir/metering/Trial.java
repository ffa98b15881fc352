package dev.weir.metering;

import dev.weir.core.ErrorCode;
import dev.weir.gateway.AttemptRecord;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a call is to the experiment that it was part of. A pure function of its record, and kept
 * with it, so that whoever sums up can take away exactly what was added. A trial is a call for
 * which the arm's own provider was to answer; retries and second asks belong to their call.
 */
enum Trial {
  /** The arm's own provider answered, repaired or not. */
  SUCCESS,
  /**
   * The arm did not do it: a fallback answered, the breaker was open, the provider failed or was
   * too slow, what came could not be read.
   */
  FAILURE,
  /** The caller went away. */
  CANCELLED,
  /** The gateway turned it away before anybody was asked; no trial. */
  REFUSED,
  /** Answered without the arm's provider, from what was there already; no trial. */
  HIT,
  /** Answered by an entry of similar meaning; no trial. */
  SEMANTIC,
  /** Answered by an expired entry; no trial. */
  STALE,
  /** Answered by an identical call in flight; no trial. */
  COALESCED,
  /** Its process died before it had ended; nobody knows; no trial. */
  INTERRUPTED,
  /** Its user's arm is switched off; no trial. */
  SWITCHED_OFF,
  /** An administrator asked for the arm; no trial. */
  OVERRIDE;

  /** Refusals of ours. After an attempt has failed they say no more than that it did. */
  private static final Set<ErrorCode> REFUSALS =
      EnumSet.of(
          ErrorCode.RATE_LIMITED,
          ErrorCode.QUOTA_EXCEEDED,
          ErrorCode.BUDGET_EXCEEDED,
          ErrorCode.MODEL_UNPRICED,
          ErrorCode.OVERLOADED,
          ErrorCode.NOT_CACHED,
          ErrorCode.STORAGE_UNAVAILABLE);

  /** What the call of this record is to its experiment; empty if it was part of none. */
  static Optional<Trial> of(UsageRecord record) {
    return record
        .assignment()
        .map(
            assignment ->
                switch (assignment.kind()) {
                  case OVERRIDE -> OVERRIDE;
                  case SWITCHED_OFF -> SWITCHED_OFF;
                  case ASSIGNED -> assigned(record);
                });
  }

  private static Trial assigned(UsageRecord record) {
    return switch (record.cache()) {
      case "hit" -> HIT;
      case "semantic" -> SEMANTIC;
      case "stale" -> STALE;
      case "coalesced" -> COALESCED;
      default ->
          switch (record.outcome()) {
            case OK -> record.fallback() ? FAILURE : SUCCESS;
            case CANCELLED -> CANCELLED;
            case INTERRUPTED -> INTERRUPTED;
            case ERROR -> refused(record) ? REFUSED : FAILURE;
          };
    };
  }

  private static boolean refused(UsageRecord record) {
    var code = record.error().orElse(ErrorCode.INTERNAL);
    return code == ErrorCode.DRAINING
        || (REFUSALS.contains(code) && record.attempts().stream().allMatch(Trial::oursToo));
  }

  /** An attempt that we ourselves refused to send. */
  private static boolean oursToo(AttemptRecord attempt) {
    return attempt.failure().filter(REFUSALS::contains).isPresent();
  }

  /** Its name in the table. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
