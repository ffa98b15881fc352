package dev.weir.evaluation;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import java.util.Optional;

/** An evaluation cannot go on, for a reason that is none of the versions'. Without a trace. */
final class EvaluationEnd extends RuntimeException {
  /** What it is that ends. */
  private enum Kind {
    THE_EVALUATION,
    THE_NODE,
    THE_TURN
  }

  private final String status;
  private final Kind kind;

  private EvaluationEnd(String status, String reason) {
    this(status, reason, Kind.THE_EVALUATION);
  }

  private EvaluationEnd(String status, String reason, Kind kind) {
    super(reason, null, false, false);
    this.status = status;
    this.kind = kind;
  }

  static EvaluationEnd budget() {
    return new EvaluationEnd(
        "budget",
        "The budget is spent, or what is left of it does not cover the next call's worst"
            + " price.");
  }

  /** It could go on, but what it asked is not the same any more. */
  static EvaluationEnd interrupted(String why) {
    return new EvaluationEnd("interrupted", why);
  }

  /** This node is going down, and the next one goes on. */
  static EvaluationEnd goingDown() {
    return new EvaluationEnd("interrupted", "Its node was shut down.", Kind.THE_NODE);
  }

  /** It has ended, or another node works on it, since this one was not heard of for too long. */
  static EvaluationEnd lost() {
    return new EvaluationEnd("interrupted", "Another node works on it.", Kind.THE_TURN);
  }

  static EvaluationEnd stopped() {
    return new EvaluationEnd("stopped", "Somebody stopped it.");
  }

  /** Ended by an error; its message is for people and holds nothing of a prompt or an answer. */
  static EvaluationEnd failed(AIError error) {
    return error.code() == ErrorCode.DRAINING
        ? goingDown()
        : new EvaluationEnd("failed", error.code().name() + ": " + error.message());
  }

  /** Whether it only ends here: there is no time to wait for items that are under way. */
  boolean isGoingDown() {
    return kind == Kind.THE_NODE;
  }

  /** Whether it is none of this node's any more. */
  boolean isLost() {
    return kind == Kind.THE_TURN;
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
