package dev.weir.core;

import java.util.Objects;

/**
 * What stands in a call's way, for whoever makes many on one account: whether the next one would
 * fare better, fewer at a time would, or none. The one place that says which codes and limits mean
 * what; {@code limit} is a detail of the error, at every door.
 */
public enum Obstacle {
  /** Something of this call; others may fare better. */
  CALL(""),
  /** What this call alone may cost is too little for it. */
  CAP("usd_per_call"),
  /** Money that calls under way have reserved, and may not need. */
  HELD("usd_held"),
  /** The account has as many calls under way as it may have at once. */
  CROWD("concurrent_calls"),
  /** Something of the account or of the service: no other call on it would be answered now. */
  ACCOUNT("");

  private final String limit;

  Obstacle(String limit) {
    this.limit = limit;
  }

  /** Its name in the error's detail {@code limit}; empty where that is none of one kind. */
  public String limit() {
    return limit;
  }

  /**
   * Whether the account's own calls under way may be what stands in the way: fewer at a time may
   * do, and where there is one at a time it is the {@link #ACCOUNT}'s.
   */
  public boolean isOfOthersUnderWay() {
    return this == HELD || this == CROWD;
  }

  /** Whether no other call would be answered while none is under way. */
  public boolean endsTheRow() {
    return isOfOthersUnderWay() || this == ACCOUNT;
  }

  /** What an error says. */
  public static Obstacle of(AIError error) {
    return of(error.code().name(), Objects.toString(error.details().get("limit"), ""));
  }

  /**
   * The same of an error that came over the wire.
   *
   * @param code its code; one that this version does not know says nothing of other calls
   * @param limit its detail of that name; empty for none
   */
  public static Obstacle of(String code, String limit) {
    for (var one : values()) {
      if (!limit.isEmpty() && one.limit.equals(limit)) {
        return one;
      }
    }
    for (var one : ErrorCode.values()) {
      if (one.name().equals(code)) {
        return isOfTheAccount(one) ? ACCOUNT : CALL;
      }
    }
    return CALL;
  }

  private static boolean isOfTheAccount(ErrorCode code) {
    return switch (code) {
      case UNAUTHENTICATED,
          FORBIDDEN,
          RATE_LIMITED,
          QUOTA_EXCEEDED,
          BUDGET_EXCEEDED,
          OVERLOADED,
          DRAINING,
          STORAGE_UNAVAILABLE ->
          true;
      default -> false;
    };
  }
}
