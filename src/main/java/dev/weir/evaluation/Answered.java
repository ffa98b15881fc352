package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.OwnCalls;
import dev.weir.gateway.Tally;
import java.time.Duration;
import java.util.Optional;

/**
 * How a version answered.
 *
 * @param value the function's value; empty if it failed
 * @param error why it failed
 * @param model {@code provider/model} that was asked last; empty text if none was
 * @param cost what it cost, all attempts together
 * @param outputTokens what it wrote
 * @param took how long the provider and the reading of its answer took, retries included
 */
record Answered(
    Optional<JsonNode> value,
    Optional<ErrorCode> error,
    String model,
    Usd cost,
    long outputTokens,
    Duration took) {

  /** Of a version whose input schema does not take what the caller sent: nobody was asked. */
  static final Answered UNASKED =
      new Answered(
          Optional.empty(), Optional.of(ErrorCode.INVALID_REQUEST), "", Usd.ZERO, 0, Duration.ZERO);

  /** How a call of Weir's own went. */
  static Answered of(OwnCalls.Made made) {
    return made.answer()
        .map(answer -> well(answer, made.tally()))
        .orElseGet(() -> badly(made.error().orElseThrow(), made.tally()));
  }

  static Answered well(Answer answer, Tally tally) {
    return answer
        .data()
        .map(value -> of(Optional.of(value), Optional.empty(), tally))
        .orElseGet(() -> of(Optional.empty(), Optional.of(ErrorCode.INTERNAL), tally));
  }

  static Answered badly(AIError error, Tally tally) {
    return of(Optional.empty(), Optional.of(error.code()), tally);
  }

  private static Answered of(Optional<JsonNode> value, Optional<ErrorCode> error, Tally tally) {
    return new Answered(
        value,
        error,
        tally.lastTarget().map(target -> target.model().toString()).orElse(""),
        tally.cost(),
        tally.usage().outputTokens(),
        tally.answeredIn().orElse(Duration.ZERO));
  }

  /** {@code ok}, or the code of the error. */
  String outcome() {
    return error.map(ErrorCode::name).orElse(Outcome.OK);
  }

  /**
   * Whether this says anything of the version: somebody was asked, and the answer was waited for.
   */
  static boolean tells(Tally tally, Optional<AIError> error) {
    return !tally.attempts().isEmpty()
        && error
            .map(AIError::code)
            .filter(code -> code == ErrorCode.CANCELLED || code == ErrorCode.DRAINING)
            .isEmpty();
  }
}
