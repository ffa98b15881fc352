package dev.weir.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.RetryBudgetSettings;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import dev.weir.prompts.RetryPolicy;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random worlds under a seed: calls with random routes, policies and deadlines meet providers that
 * answer, fail and dawdle at random, and callers who go away. Whatever happens, the bounds hold.
 */
class AttemptsModelTest {
  private static final List<ErrorCode> FAILURES =
      List.of(
          ErrorCode.PROVIDER_ERROR,
          ErrorCode.PROVIDER_UNREACHABLE,
          ErrorCode.PROVIDER_RATE_LIMITED,
          ErrorCode.CIRCUIT_OPEN,
          ErrorCode.OVERLOADED,
          ErrorCode.INVALID_REQUEST);
  private static final RetryBudgetSettings BUDGET =
      new RetryBudgetSettings(30, 3, Duration.ofSeconds(10));

  private final VirtualTime time = new VirtualTime();
  private final Map<String, List<Duration>> callsOf = new HashMap<>();
  private final Map<String, List<Duration>> retriesOf = new HashMap<>();
  private int repeats;

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void theBoundsHoldWhateverHappens(long seed) {
    var random = new Random(seed);
    var budget = new RetryBudget(BUDGET, time);
    var deadline = new DeadlineStage(time.vertx(), time);
    var attempts = new AttemptsStage(time.vertx(), time, random, budget, budget);
    List<World> worlds = new ArrayList<>();

    for (var i = 0; i < 300; i++) {
      var world = new World(random);
      worlds.add(world);
      world.reply =
          Chain.of(List.of(deadline, attempts, (x, _) -> world.attempt(x))).proceed(world.x);
      if (random.nextInt(8) == 0) {
        time.vertx()
            .setTimer(
                1 + random.nextInt(3000),
                _ -> world.x.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "Gone.")));
      }
      time.passMillis(random.nextInt(200));
    }
    time.passAll();

    for (var world : worlds) {
      assertThat(world.reply.isComplete()).isTrue();
      assertThat(world.made).isLessThanOrEqualTo(world.x.plan().retry().maxAttempts());
      assertThat(world.x.tally().retries()).isEqualTo(world.made - 1);
    }
    assertThat(repeats).as("the world is lively enough to mean something").isGreaterThan(40);
  }

  /** One call and the provider that it meets. */
  private final class World {
    private final Random random;
    private final Exchange x;
    private final Duration deadline;
    private final Set<String> sentTo = new HashSet<>();
    private Future<Reply> reply = Future.failedFuture("not begun");
    private int made;
    private boolean underWay;
    private boolean settled;

    World(Random random) {
      this.random = random;
      var timeout = Duration.ofMillis(1 + random.nextInt(5000));
      var models =
          IntStream.rangeClosed(0, random.nextInt(3))
              .mapToObj(m -> "p" + random.nextInt(3) + "/m" + m)
              .toArray(String[]::new);
      this.x =
          Calls.aCall(time)
              .to(models)
              .timeout(timeout)
              .retrying(
                  new RetryPolicy(
                      1 + random.nextInt(5),
                      Duration.ofMillis(random.nextInt(500)),
                      Duration.ofMillis(random.nextInt(2000))))
              .begin();
      this.deadline = time.passed().plus(timeout);
    }

    Future<Reply> attempt(Exchange attempt) {
      assertThat(underWay).as("one attempt at a time").isFalse();
      assertThat(settled).as("nothing after an answer").isFalse();
      assertThat(x.cancellation().reason()).as("nothing after a cancellation").isEmpty();
      assertThat(time.passed()).as("never past the deadline").isLessThan(deadline);
      made++;
      underWay = true;
      Promise<Reply> outcome = Promise.promise();
      var failure = FAILURES.get(random.nextInt(FAILURES.size()));
      var good = random.nextInt(4) == 0;
      var refused = !good && failure.retry() == ErrorCode.Retry.ELSEWHERE;
      var provider = attempt.currentAttempt().target().servedBy();
      if (sentTo.contains(provider)) {
        repeated(provider);
      }
      time.vertx()
          .setTimer(
              1 + random.nextInt(400),
              _ -> {
                underWay = false;
                if (!refused && sentTo.add(provider)) {
                  callsOf.computeIfAbsent(provider, _ -> new ArrayList<>()).add(time.passed());
                }
                if (good) {
                  settled = true;
                  outcome.tryComplete(new Reply.Whole(Exchanges.answer("hello")));
                } else {
                  outcome.tryFail(failure(failure));
                }
              });
      return outcome.future();
    }

    private AIError failure(ErrorCode code) {
      var error = AIError.of(code, "It failed.");
      return random.nextInt(3) == 0
          ? error.retryAfter(Duration.ofMillis(random.nextInt(3000)))
          : error;
    }

    private void repeated(String provider) {
      repeats++;
      retriesOf.computeIfAbsent(provider, _ -> new ArrayList<>()).add(time.passed());
      // Begun retries were granted at most one backoff earlier, so look at twice the window of
      // calls.
      var begun = within(retriesOf.get(provider), BUDGET.window());
      var calls =
          within(callsOf.getOrDefault(provider, List.of()), BUDGET.window().multipliedBy(2));
      assertThat(begun)
          .isLessThanOrEqualTo(2 * Math.max(BUDGET.floor(), calls * BUDGET.percent() / 100));
    }

    private long within(List<Duration> moments, Duration window) {
      var since = time.passed().minus(window);
      return moments.stream().filter(m -> m.compareTo(since) > 0).count();
    }
  }
}
