package dev.weir.resilience;

import static dev.weir.resilience.Calls.aCall;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.BreakerSettings;
import dev.weir.config.RetryBudgetSettings;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The three stages together, from the beginning of an outage to its end. */
class OutageTest {
  private enum Health {
    WELL,
    FAILING,
    HANGING
  }

  private final VirtualTime time = new VirtualTime();
  private final Breakers breakers =
      new Breakers(time.vertx(), time, BreakerSettings.DEFAULT, _ -> {}, Runnable::run);
  private final Map<String, Health> health = new HashMap<>();
  private final Map<String, Integer> asked = new HashMap<>();
  private final Chain chain =
      Chain.of(
          List.of(
              new DeadlineStage(time.vertx(), time),
              new AttemptsStage(
                  time.vertx(),
                  time,
                  new Random(5),
                  new RetryBudget(RetryBudgetSettings.DEFAULT, time),
                  new RetryBudget(RetryBudgetSettings.DEFAULT, time)),
              new BreakerStage(breakers, time),
              (x, _) -> provider(x)));

  @Test
  void aSickProviderIsLeftAloneAndTheFallbackAnswersAtOnce() {
    health.put("a", Health.FAILING);
    calls(10, "a/1", "b/2");
    var before = asked.get("a");

    var moment = time.passed();
    var reply = chain.proceed(aCall(time).to("a/1", "b/2").begin());

    assertThat(reply.succeeded()).isTrue();
    assertThat(time.passed()).isEqualTo(moment);
    assertThat(asked).containsEntry("a", before);
  }

  @Test
  void anOutageIsNotMultipliedByRetries() {
    health.put("a", Health.FAILING);

    calls(1000, "a/1");

    assertThat(asked.get("a")).isLessThanOrEqualTo(BreakerSettings.DEFAULT.failures());
  }

  @Test
  void aProviderThatIsWellAgainIsFoundOutByProbesAndGetsItsCallsBack() {
    health.put("a", Health.FAILING);
    calls(10, "a/1");
    health.put("a", Health.WELL);

    time.passMillis(10_000);
    var replies = List.of(call("a/1"), call("a/1"), call("a/1"), call("a/1"));

    assertThat(replies).allMatch(Future::succeeded);
    assertThat(state()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void aProbeThatHangsEndsWithItsCallsDeadlineAndReopens() {
    health.put("a", Health.FAILING);
    calls(10, "a/1");
    health.put("a", Health.HANGING);
    time.passMillis(10_000);
    var probe = chain.proceed(aCall(time).to("a/1").begin());

    time.passMillis(60_000 + TimedCall.GRACE_MILLIS);

    assertThat(((AIError) probe.cause()).code()).isEqualTo(ErrorCode.TIMEOUT);
    assertThat(state()).isEqualTo(BreakerState.OPEN);
    health.put("a", Health.WELL);
    time.passMillis(10_000);
    assertThat(call("a/1").succeeded()).isTrue();
  }

  private void calls(int count, String... models) {
    for (var i = 0; i < count; i++) {
      call(models);
    }
  }

  private Future<Reply> call(String... models) {
    var reply = chain.proceed(aCall(time).to(models).begin());
    time.passMillis(5);
    return reply;
  }

  private Future<Reply> provider(Exchange x) {
    var provider = x.currentAttempt().target().servedBy();
    x.currentAttempt().markSent();
    asked.merge(provider, 1, Integer::sum);
    return switch (health.getOrDefault(provider, Health.WELL)) {
      case WELL -> Future.succeededFuture(new Reply.Whole(Exchanges.answer("hello")));
      case FAILING -> Future.failedFuture(AIError.of(ErrorCode.PROVIDER_ERROR, "It failed."));
      case HANGING -> Promise.<Reply>promise().future();
    };
  }

  private BreakerState state() {
    return breakers.states().stream()
        .filter(s -> s.provider().equals("a"))
        .findFirst()
        .orElseThrow()
        .state();
  }
}
