package dev.weir.limits;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import dev.weir.pricing.PriceTable;
import dev.weir.pricing.TokenCounter;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Writes one line of the bill for every upstream attempt, however it ends: by the provider's
 * figures where it gave some, else by an estimate of what was sent and what had been delivered
 * (LEDGER sections 4 and 5). An attempt that never left, or that the provider refused before a
 * token, costs nothing. Thread-safe; reads one snapshot of the prices per attempt.
 */
public final class SpendingStage implements Stage {
  private final Supplier<PriceTable> prices;
  private final TokenCounter tokens;
  private final Clock clock;

  /**
   * A spending stage.
   *
   * @param prices the current price table
   * @param tokens counts what a provider did not report
   * @param clock dates the prices and measures the attempts
   */
  public SpendingStage(Supplier<PriceTable> prices, TokenCounter tokens, Clock clock) {
    this.prices = prices;
    this.tokens = tokens;
    this.clock = clock;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    var marks = x.tally().marks().attempt(x);
    if (marks.isEmpty()) {
      return Future.failedFuture(
          AIError.of(
              ErrorCode.OVERLOADED,
              "The journal of usage is full, so no further attempt can be recorded; try again"
                  + " shortly."));
    }
    x.currentAttempt().marks(marks.get());
    var began = clock.nanoTime();
    var answered = next.proceed(x).onFailure(error -> settle(x, began, AIError.from(error)));
    return answered.map(
        reply -> {
          x.tally().firstByte(clock.nanoTime());
          return reply.observed(
              answer -> settle(x, began, answer), error -> settle(x, began, error));
        });
  }

  private void settle(Exchange x, long began, Answer answer) {
    var usage = answer.usage().totalTokens() > 0 ? answer.usage() : estimate(x, answer.text());
    add(x, began, Optional.empty(), usage, answer.providerCost());
  }

  private void settle(Exchange x, long began, AIError error) {
    var attempt = x.currentAttempt();
    var free = !attempt.sent() || attempt.refused();
    var usage =
        free ? Usage.NONE : attempt.reported().orElseGet(() -> estimate(x, attempt.produced()));
    add(x, began, Optional.of(error.code()), usage, Optional.empty());
  }

  private void add(
      Exchange x,
      long began,
      Optional<ErrorCode> failure,
      Usage usage,
      Optional<Usd> providerCost) {
    var attempt = x.currentAttempt();
    var took = Duration.ofNanos(clock.nanoTime() - began);
    var cost =
        usage.equals(Usage.NONE)
            ? Optional.of(Usd.ZERO)
            : prices.get().cost(attempt.target().model().toString(), usage, cameIn(x));
    attempt.marks().settled(cost);
    x.tally()
        .add(
            new AttemptRecord(
                attempt.id(),
                attempt.target(),
                clock.now().minus(took),
                failure,
                took,
                usage,
                cost,
                providerCost));
  }

  /**
   * The moment whose prices hold for all of the call: its row's started_at, so re-pricing agrees.
   */
  private Instant cameIn(Exchange x) {
    return clock.now().minusNanos(clock.nanoTime() - x.origin().arrivedNanos());
  }

  private Usage estimate(Exchange x, CharSequence produced) {
    var ask = x.plan().ask();
    return new Usage(
        tokens.count(ask.prompt()), tokens.count(produced), 0, 0, x.searches() ? 1 : 0, true);
  }
}
