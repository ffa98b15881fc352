package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.OwnCalls;
import dev.weir.gateway.Plan;
import dev.weir.gateway.Principal;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Asks versions on an evaluation's account and adds up what that costs. What Weir itself refuses
 * for a while is asked again, which is no failure of a version; what it refuses for good ends the
 * evaluation. Thread-safe; blocks, so for virtual threads only.
 */
final class Asking {
  private static final Duration SHORTEST = Duration.ofMillis(50);
  private static final Duration USUAL = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(15);

  private final OwnCalls calls;
  private final Principal account;
  private final Clock clock;
  private final Duration patience;
  private final Usd budget;
  private final CountDownLatch over;
  private final AtomicReference<Usd> spent = new AtomicReference<>(Usd.ZERO);

  /**
   * Asks on an account.
   *
   * @param patience how long one answer may be refused for reasons that pass
   * @param budget what the ledger lets the account spend in a month; here it holds for all of them
   * @param over is open when nobody waits for answers any more
   */
  Asking(
      OwnCalls calls,
      Principal account,
      Clock clock,
      Duration patience,
      Usd budget,
      CountDownLatch over) {
    this.calls = calls;
    this.account = account;
    this.clock = clock;
    this.patience = patience;
    this.budget = budget;
    this.over = over;
  }

  /** What all that was asked has cost. */
  Usd spent() {
    return Optional.ofNullable(spent.get()).orElse(Usd.ZERO);
  }

  /**
   * Asks a version.
   *
   * @param label what records call it
   * @throws EvaluationEnd where no version can be asked any more
   */
  Outcome ask(Candidate who, String label, JsonNode input) throws InterruptedException {
    var call =
        new Call.OfFunction(
            who.function().name(),
            input,
            false,
            new CallOptions(CallOptions.CacheUse.OFF, Optional.empty()));
    Plan plan;
    try {
      plan = who.plan(label, input);
    } catch (AIError e) {
      // Its template makes too much of this input.
      return new Outcome(
          Optional.empty(), e.code().name(), "", Optional.of(Duration.ZERO), Optional.of(Usd.ZERO));
    }
    var began = clock.nanoTime();
    while (true) {
      if (spent().compareTo(budget) >= 0) {
        throw EvaluationEnd.budget();
      }
      var made = made(calls.make(call, account, plan));
      spent.accumulateAndGet(made.tally().cost(), Usd::plus);
      var error = made.error();
      if (error.isEmpty()) {
        return outcome(made, made.answer().flatMap(Answer::data), Outcome.OK);
      }
      switch (Refused.of(error.get().code())) {
        case VERSION -> {
          return outcome(made, Optional.empty(), error.get().code().name());
        }
        case MONEY -> throw EvaluationEnd.budget();
        case FOR_GOOD -> throw EvaluationEnd.failed(error.get());
        case GOING -> throw EvaluationEnd.interrupted();
        case FOR_NOW -> rest(error.get(), began);
      }
    }
  }

  /** Reads from the database, again if it is away for a while. */
  <T> T read(Supplier<Future<T>> question) throws InterruptedException {
    var began = clock.nanoTime();
    while (true) {
      try {
        return got(question.get());
      } catch (AIError e) {
        if (Refused.of(e.code()) != Refused.FOR_NOW) {
          throw EvaluationEnd.failed(e);
        }
        rest(e, began);
      }
    }
  }

  private void rest(AIError error, long began) throws InterruptedException {
    if (clock.nanoTime() - began > patience.toNanos()) {
      throw EvaluationEnd.failed(error);
    }
    var wait = error.retryAfter().orElse(USUAL);
    var bounded = wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    var some = bounded.compareTo(SHORTEST) < 0 ? SHORTEST : bounded;
    if (over.await(some.toMillis(), TimeUnit.MILLISECONDS)) {
      throw EvaluationEnd.interrupted();
    }
  }

  private static Outcome outcome(OwnCalls.Made made, Optional<JsonNode> value, String word) {
    return new Outcome(
        value,
        // A text without a value would be a fault of ours; it is no answer.
        value.isEmpty() && word.equals(Outcome.OK) ? ErrorCode.INTERNAL.name() : word,
        made.tally().lastTarget().map(target -> target.model().toString()).orElse(""),
        Optional.of(made.took()),
        Optional.of(made.tally().cost()));
  }

  private static OwnCalls.Made made(Future<OwnCalls.Made> future) throws InterruptedException {
    try {
      return got(future);
    } catch (AIError e) {
      throw EvaluationEnd.failed(e);
    }
  }

  /**
   * A future's value, for a virtual thread.
   *
   * @throws AIError if it failed
   */
  static <T> T got(Future<T> future) throws InterruptedException {
    try {
      return future.toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      throw AIError.from(e.getCause() == null ? e : e.getCause());
    }
  }

  /** Whose failure a refusal is. */
  private enum Refused {
    /** The version's, or its provider's. */
    VERSION,
    /** Nobody's, and it passes. */
    FOR_NOW,
    /** Nobody's, and it stays. */
    FOR_GOOD,
    /** The budget is spent. */
    MONEY,
    /** This node goes down. */
    GOING;

    static Refused of(ErrorCode code) {
      return switch (code) {
        case BUDGET_EXCEEDED -> MONEY;
        case DRAINING -> GOING;
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
  }
}
