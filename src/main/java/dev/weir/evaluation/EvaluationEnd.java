package dev.weir.evaluation;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import java.util.Optional;

/** An evaluation cannot go on, for a reason that is none of the versions'. Without a trace. */
final class EvaluationEnd extends RuntimeException {
  private final String status;

  private EvaluationEnd(String status, String reason) {
    super(reason, null, false, false);
    this.status = status;
  }

  static EvaluationEnd budget() {
    return new EvaluationEnd(
        "budget",
        "The budget is spent, or what is left of it does not cover the next call's worst"
            + " price.");
  }

  static EvaluationEnd interrupted() {
    return new EvaluationEnd("interrupted", "Its node was shut down.");
  }

  static EvaluationEnd stopped() {
    return new EvaluationEnd("stopped", "Somebody stopped it.");
  }

  /** Ended by an error; its message is for people and holds nothing of a prompt or an answer. */
  static EvaluationEnd failed(AIError error) {
    return error.code() == ErrorCode.DRAINING
        ? interrupted()
        : new EvaluationEnd("failed", error.code().name() + ": " + error.message());
  }

  /** Whether there is no time to wait for items that are under way. */
  boolean goingDown() {
    return status.equals("interrupted");
  }

  /** The status that it ends with. */
  String status() {
    return status;
  }

  /** Why, for people. */
  Optional<String> reason() {
    return Optional.ofNullable(getMessage());
  }
}
