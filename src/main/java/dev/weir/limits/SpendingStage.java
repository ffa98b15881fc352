package dev.weir.limits;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Attempt;
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
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Reserves the worst price of every upstream attempt before it is sent, and settles it after: no
 * reservation, no attempt. Writes one line of the bill for each, however it ends: by the provider's
 * figures where it gave some, else by an estimate of what was sent and what had been delivered
 * (LEDGER sections 4 and 5). An attempt that never left, or that the provider refused before a
 * token, costs nothing. Thread-safe; reads one snapshot of the prices per attempt.
 */
public final class SpendingStage implements Stage {
  private static final Logger LOG = LogManager.getLogger(SpendingStage.class);

  private final Limits limits;
  private final Supplier<PriceTable> prices;
  private final TokenCounter tokens;
  private final Clock clock;
  private final Map<String, Usd> ceilings;

  /**
   * A spending stage.
   *
   * @param limits holds the calls' charges
   * @param prices the current price table
   * @param tokens counts what a provider did not report
   * @param clock dates the prices and measures the attempts
   */
  public SpendingStage(
      Limits limits, Supplier<PriceTable> prices, TokenCounter tokens, Clock clock) {
    this(limits, prices, tokens, clock, Map.of());
  }

  /**
   * A spending stage with bounds beside the prices.
   *
   * @param ceilings what a request to a {@code provider/model} costs at most by the operator's word
   */
  public SpendingStage(
      Limits limits,
      Supplier<PriceTable> prices,
      TokenCounter tokens,
      Clock clock,
      Map<String, Usd> ceilings) {
    this.ceilings = Map.copyOf(ceilings);
    this.limits = limits;
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
    var capped = reserveOfCap(x);
    var charge = limits.charge(x.origin().id());
    return charge.isPresent()
        ? reserve(x, charge.get())
            .onFailure(_ -> x.tally().cap().ifPresent(cap -> cap.settle(capped, Usd.ZERO)))
            .compose(price -> attempt(x, next, new Line(charge, price, capped)))
        : attempt(x, next, new Line(charge, Usd.ZERO, capped));
  }

  /**
   * What an attempt has reserved.
   *
   * @param charge whose it is; empty where no limits are in force
   * @param reserved the worst price
   * @param capped the worst price as it stands against the call's own cap; 0 where it has none
   */
  private record Line(Optional<Charge> charge, Usd reserved, Usd capped) {}

  /**
   * The most that one request of this call can cost by the prices of now, the first one or that of
   * the attempt under way; empty where nothing bounds it. Thread-safe.
   */
  public Optional<Usd> atMost(Exchange x) {
    var first =
        x.attempt().isPresent()
            ? x
            : x.with(new Attempt(x.origin().id(), 1, x.plan().route().first()));
    return atMost(first, clock.now());
  }

  private Optional<Usd> atMost(Exchange x, Instant at) {
    return bounded(x, WorstPrice.tight(x, prices.get(), tokens, at))
        .or(() -> costsNothing(x) ? Optional.of(Usd.ZERO) : Optional.empty());
  }

  /**
   * A cap of the call, or of several together, holds whatever limits are in force, and whoever
   * pays.
   */
  private Usd reserveOfCap(Exchange x) {
    if (x.tally().cap().isEmpty()) {
      return Usd.ZERO;
    }
    var cap = x.tally().cap().get();
    var worst =
        atMost(x, x.tally().startedAt())
            .orElseThrow(() -> Refusals.unpriced(x.currentAttempt().target().model().toString()));
    if (!cap.reserve(worst)) {
      throw cap.mayFitLater(worst) ? Refusals.heldOfCap(cap.most()) : Refusals.capped(cap.most());
    }
    return worst;
  }

  private Future<Usd> reserve(Exchange x, Charge charge) {
    var worst = bounded(x, WorstPrice.quick(x, prices.get(), x.tally().startedAt()));
    if (worst.isEmpty()) {
      return limits.budgeted(charge) && !costsNothing(x)
          ? Future.failedFuture(Refusals.unpriced(x.currentAttempt().target().model().toString()))
          : Future.succeededFuture(Usd.ZERO);
    }
    return limits
        .freshen(charge, Who.of(x.principal()), x.cancellation())
        .compose(
            _ -> {
              x.tally().debit(charge.debit());
              return limits.reserve(charge, worst.get(), x.cancellation());
            })
        .map(worst.get())
        .recover(refused -> reserveTightly(x, charge, worst.get(), refused));
  }

  /** The price's bound or the operator's, whichever there is; of two the lower. */
  private Optional<Usd> bounded(Exchange x, Optional<Usd> worst) {
    var ceiling = ceiling(x);
    return worst
        .filter(price -> ceiling.isEmpty() || price.compareTo(ceiling.get()) <= 0)
        .or(() -> ceiling);
  }

  private Optional<Usd> ceiling(Exchange x) {
    return Optional.ofNullable(ceilings.get(x.currentAttempt().target().model().toString()));
  }

  /** The bound by bytes did not fit into what is left: perhaps one by counted tokens does. */
  private Future<Usd> reserveTightly(Exchange x, Charge charge, Usd worst, Throwable refused) {
    var code = AIError.from(refused).code();
    if (code != ErrorCode.BUDGET_EXCEEDED) {
      return Future.failedFuture(refused);
    }
    return WorstPrice.tight(x, prices.get(), tokens, x.tally().startedAt())
        .filter(tight -> tight.compareTo(worst) < 0)
        .map(tight -> limits.reserve(charge, tight, x.cancellation()).map(tight))
        .orElseGet(() -> Future.failedFuture(refused));
  }

  /** The sandbox's own models answer by themselves, whatever they are asked to play. */
  private static boolean costsNothing(Exchange x) {
    return x.currentAttempt().target().model().provider().equals("sandbox");
  }

  private Future<Reply> attempt(Exchange x, Chain next, Line line) {
    var began = clock.nanoTime();
    line.charge()
        .ifPresent(
            charge ->
                x.currentAttempt()
                    .beforeSending(
                        () -> {
                          var refused = limits.mayBeSent(charge);
                          x.tally().debit(charge.debit());
                          return refused;
                        }));
    var answered = next.proceed(x).onFailure(error -> settle(x, began, line, AIError.from(error)));
    return answered.map(
        reply -> {
          x.tally().firstByte(clock.nanoTime());
          return reply.observed(
              answer -> settle(x, began, line, answer), error -> settle(x, began, line, error));
        });
  }

  private void settle(Exchange x, long began, Line line, Answer answer) {
    var usage = answer.usage().totalTokens() > 0 ? answer.usage() : estimate(x, answer.text());
    add(x, began, line, Optional.empty(), usage, answer.providerCost());
  }

  private void settle(Exchange x, long began, Line line, AIError error) {
    var attempt = x.currentAttempt();
    var free = !attempt.sent() || attempt.refused();
    var usage =
        free ? Usage.NONE : attempt.reported().orElseGet(() -> estimate(x, attempt.produced()));
    add(x, began, line, Optional.of(error.code()), usage, Optional.empty());
  }

  private void add(
      Exchange x,
      long began,
      Line line,
      Optional<ErrorCode> failure,
      Usage usage,
      Optional<Usd> providerCost) {
    var attempt = x.currentAttempt();
    var took = Duration.ofNanos(clock.nanoTime() - began);
    var cost =
        usage.equals(Usage.NONE)
            ? Optional.of(Usd.ZERO)
            : prices
                .get()
                .cost(attempt.target().model().toString(), usage, x.tally().startedAt())
                // Without a price it costs what the provider says, else the most: never nothing.
                .or(() -> ceiling(x).map(most -> providerCost.orElse(most)));
    attempt.marks().settled(cost);
    x.tally().cap().ifPresent(cap -> cap.settle(line.capped(), cost.orElse(Usd.ZERO)));
    line.charge().ifPresent(charge -> settle(charge, line.reserved(), attempt, cost));
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

  private void settle(Charge charge, Usd reserved, Attempt attempt, Optional<Usd> cost) {
    var actual = cost.orElse(Usd.ZERO);
    if (actual.compareTo(reserved) > 0 && reserved.nanos() > 0) {
      limits.overran();
      LOG.warn(
          "Attempt {} on {} cost {} USD and had reserved {}; the difference is taken from what"
              + " remains",
          attempt.id(),
          attempt.target().model(),
          actual,
          reserved);
    }
    if (attempt.sent() && !attempt.refused()) {
      charge.use();
    }
    charge.settle(reserved.nanos(), actual.nanos());
  }

  private Usage estimate(Exchange x, CharSequence produced) {
    var ask = x.plan().ask();
    return new Usage(
        tokens.count(ask.prompt()) + ask.givenTokens(),
        tokens.count(produced),
        0,
        0,
        x.searches() ? 1 : 0,
        true);
  }
}
