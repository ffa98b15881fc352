package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Obstacle;
import dev.weir.core.Usd;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Cap;
import dev.weir.gateway.OwnCalls;
import dev.weir.gateway.Plan;
import dev.weir.gateway.Principal;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Asks versions on an evaluation's account and adds up what that costs. What Weir itself refuses
 * for a while is asked again, which is no failure of a version; what it refuses for good ends the
 * evaluation, and so does a provider that fails a version again and again. Thread-safe; blocks, so
 * for virtual threads only.
 */
final class Asking {
  /** So many calls of a version in a row that its provider failed end the evaluation. */
  static final int IN_A_ROW = 10;

  /** How often what a provider failed is asked again, within twenty seconds altogether. */
  private static final int AGAIN = 3;

  private static final Duration SHORTEST = Duration.ofMillis(50);
  private static final Duration USUAL = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(15);

  private final OwnCalls calls;
  private final Principal account;
  private final Clock clock;
  private final Duration patience;
  private final Cap cap;
  private final CountDownLatch over;
  private final AtomicReference<Usd> spent;

  /** When a call last came to an end that is no waiting, by the monotonic clock. */
  private final AtomicLong moved;

  /** The longest time that a call may take, of those asked so far. */
  private final AtomicReference<Duration> slowest = new AtomicReference<>(Duration.ZERO);

  /** Calls in a row that the provider failed, by version. */
  private final Map<String, Integer> failures = new ConcurrentHashMap<>();

  /**
   * Asks on an account.
   *
   * @param patience how long answers may be refused for reasons that pass, without any coming in
   * @param budget what all that is asked may cost together; the ledger's budget of the account is
   *     one of a month, and would begin anew with the next
   * @param before what was spent of that before, on other nodes
   * @param open what may have been spent besides, by nodes of which nobody knows any more
   * @param over is open when nobody waits for answers any more
   */
  Asking(
      OwnCalls calls,
      Principal account,
      Clock clock,
      Duration patience,
      Usd budget,
      Usd before,
      Usd open,
      CountDownLatch over) {
    this.calls = calls;
    this.account = account;
    this.clock = clock;
    this.patience = patience;
    this.cap = new Cap(budget);
    this.cap.settle(Usd.ZERO, before.plus(open));
    this.spent = new AtomicReference<>(before);
    this.over = over;
    this.moved = new AtomicLong(clock.nanoTime());
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
    slowest.accumulateAndGet(plan.timeout(), Asking::longer);
    var began = clock.nanoTime();
    for (var again = 0; ; ) {
      if (spent().compareTo(cap.most()) >= 0) {
        throw EvaluationEnd.budget();
      }
      var made = made(calls.make(call, account, plan, Optional.of(cap)));
      spent.accumulateAndGet(made.tally().cost(), Usd::plus);
      if (made.error().isEmpty()) {
        failures.remove(key(who));
        return outcome(made);
      }
      var error = made.error().get();
      switch (Refused.of(error, made.tally())) {
        case VERSION -> {
          return failed(who, made, error);
        }
        case PROVIDER -> {
          if (again == AGAIN) {
            return failed(who, made, error);
          }
          pause(error.retryAfter().orElse(USUAL.multipliedBy(1L << (2 * again))));
          again++;
        }
        case MONEY -> throw EvaluationEnd.budget();
        case FOR_GOOD -> throw EvaluationEnd.failed(error);
        case GOING -> throw EvaluationEnd.goingDown();
        case FOR_NOW -> rest(error, began);
      }
    }
  }

  /** A failure that counts, unless it is one of too many in a row that look like an outage. */
  private Outcome failed(Candidate who, OwnCalls.Made made, AIError error) {
    var outcome = outcome(made);
    if (error.code().blame() != ErrorCode.Blame.PROVIDER) {
      failures.remove(key(who));
      return outcome;
    }
    if (failures.merge(key(who), 1, Integer::sum) >= IN_A_ROW) {
      throw EvaluationEnd.failed(
          AIError.of(
              error.code(),
              IN_A_ROW
                  + " calls of '"
                  + who.function().name()
                  + "' in a row were failed by the provider of "
                  + who.route().first().model()
                  + ", which looks like an outage and says nothing of a version; try again when it"
                  + " is over."));
    }
    return outcome;
  }

  private static String key(Candidate who) {
    return who.function().name() + "@" + who.function().version();
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

  /**
   * Waits, unless nothing has come in for as long as there is patience. Money that calls under way
   * hold comes back when they end, which may take them all the time that they have.
   */
  private void rest(AIError error, long began) throws InterruptedException {
    var now = clock.nanoTime();
    var waited = Math.min(now - began, now - moved.get());
    var most = Obstacle.of(error) == Obstacle.HELD ? patience.plus(slowest()) : patience;
    if (waited > most.toNanos()) {
      throw EvaluationEnd.failed(error);
    }
    pause(error.retryAfter().orElse(USUAL));
  }

  private void pause(Duration wait) throws InterruptedException {
    var bounded = wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    if (over.await(longer(bounded, SHORTEST).toMillis(), TimeUnit.MILLISECONDS)) {
      throw EvaluationEnd.goingDown();
    }
  }

  private Duration slowest() {
    return Optional.ofNullable(slowest.get()).orElse(Duration.ZERO);
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  private Outcome outcome(OwnCalls.Made made) {
    moved.set(clock.nanoTime());
    return Outcome.of(Answered.of(made));
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
}
