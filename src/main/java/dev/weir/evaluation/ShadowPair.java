package dev.weir.evaluation;

import dev.weir.core.Usd;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A call and what a candidate made of it, without a word of either.
 *
 * @param run the shadow run
 * @param call the call's id
 * @param user whose it was
 * @param calledAt when the call came in
 * @param settledAt from when on the copies of all calls of that time have surely ended
 * @param version the version that answered the caller
 * @param live how it did
 * @param copy how the candidate did
 * @param same whether both gave the same value; empty unless both gave one
 */
record ShadowPair(
    UUID run,
    UUID call,
    String user,
    Instant calledAt,
    Instant settledAt,
    String version,
    Figures live,
    Figures copy,
    Optional<Boolean> same) {

  /**
   * How a version did.
   *
   * @param outcome {@code ok}, or the code of the error
   */
  record Figures(String outcome, Duration took, Usd cost, long outputTokens) {
    static Figures of(Answered answered) {
      return new Figures(
          answered.outcome(), answered.took(), answered.cost(), answered.outputTokens());
    }
  }

  static ShadowPair of(UUID run, Live live, Answered copy) {
    return new ShadowPair(
        run,
        live.id(),
        live.user(),
        live.calledAt(),
        live.calledAt().plus(live.settle()),
        live.version(),
        Figures.of(live.answered()),
        Figures.of(copy),
        live.answered()
            .value()
            .flatMap(one -> copy.value().map(other -> SameValue.of(one, other))));
  }
}
