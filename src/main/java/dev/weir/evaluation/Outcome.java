package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usd;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a version made of an item.
 *
 * @param value its value; empty if it failed
 * @param word {@value #OK}, or the code of the error
 * @param model {@code provider/model} that answered; empty text if that is not known
 * @param took how long it took, where that is known
 * @param cost what it cost, where that is known
 */
record Outcome(
    Optional<JsonNode> value,
    String word,
    String model,
    Optional<Duration> took,
    Optional<Usd> cost) {
  static final String OK = "ok";

  /** The codes of errors that are not the version's; asked for each user of a shadow run. */
  private static final Set<String> SAY_NOTHING =
      Arrays.stream(ErrorCode.values())
          .filter(code -> Refused.of(code) != Refused.VERSION)
          .map(ErrorCode::name)
          .collect(Collectors.toUnmodifiableSet());

  /** Of an item that was deleted before its turn. */
  static final Outcome GONE =
      new Outcome(Optional.empty(), "gone", "", Optional.empty(), Optional.empty());

  /**
   * Whether it says nothing of the version: it failed, and that was its provider's fault or
   * nobody's.
   */
  boolean saysNothing() {
    return value.isEmpty() && saysNothing(word);
  }

  /** The same of an error's code; one that nobody knows any more is the version's. */
  static boolean saysNothing(String word) {
    return SAY_NOTHING.contains(word);
  }

  /** What a version that was asked made of it. */
  static Outcome of(Answered answered) {
    return new Outcome(
        answered.value(),
        answered.outcome(),
        answered.model(),
        Optional.of(answered.took()),
        Optional.of(answered.cost()));
  }

  /** An answer of which nothing else is known. */
  static Outcome given(JsonNode value) {
    return new Outcome(Optional.of(value), OK, "", Optional.empty(), Optional.empty());
  }
}
