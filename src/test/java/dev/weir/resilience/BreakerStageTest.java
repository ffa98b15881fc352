package dev.weir.resilience;

import static dev.weir.resilience.Calls.aCall;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.BreakerSettings;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BreakerStageTest {
  private static final AIError BROKEN = AIError.of(ErrorCode.PROVIDER_ERROR, "It failed.");
  private static final AIError GONE = AIError.of(ErrorCode.CANCELLED, "The caller went away.");
  private static final AIError LATE = AIError.of(ErrorCode.TIMEOUT, "It took too long.");

  private final VirtualTime time = new VirtualTime();
  private final Breakers breakers =
      new Breakers(
          time.vertx(),
          time,
          new BreakerSettings(2, Duration.ofSeconds(30), Duration.ofSeconds(10), 2),
          _ -> {},
          Runnable::run);
  private final AtomicInteger asked = new AtomicInteger();

  @Test
  void anOpenBreakerRefusesWithoutAskingAndSaysWhenToComeBack() {
    open();
    time.passMillis(4_000);
    asked.set(0);

    var reply = run(attempt(), Future.succeededFuture());

    var error = (AIError) reply.cause();
    assertThat(error.code()).isEqualTo(ErrorCode.CIRCUIT_OPEN);
    assertThat(error.retryAfter()).contains(Duration.ofSeconds(6));
    assertThat(error.message()).contains("perplexity/sonar").contains("6 s");
    assertThat(asked).hasValue(0);
  }

  @Test
  void anotherModelOfTheProviderIsStillAsked() {
    open();

    var reply = run(attempt("perplexity/sonar-pro"), whole());

    assertThat(reply.succeeded()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void onlyTheProvidersOwnFailuresOpenIt(ErrorCode code) {
    var x = attempt();
    x.currentAttempt().markSent();
    for (var i = 0; i < 2; i++) {
      Promise<Reply> below = Promise.promise();
      run(x, below.future());
      time.passMillis(1);
      below.fail(AIError.of(code, "It failed."));
    }

    var counts = code.countsAgainstBreaker() && code != ErrorCode.TIMEOUT;
    assertThat(shown()).isEqualTo(counts ? BreakerState.OPEN : BreakerState.CLOSED);
  }

  @Test
  void aDeadlineCountsWhereTheProviderHadAFairTime() {
    var x = attempt();
    run(x, Promise.<Reply>promise().future());
    x.currentAttempt().markSent();

    time.passMillis(30_000);
    x.cancellation().cancel(LATE);

    assertThat(failures()).isEqualTo(1);
  }

  @Test
  void aShortDeadlineOfTheCallersOwnCannotOpenItForEveryone() {
    for (var i = 0; i < 10; i++) {
      var x = attempt();
      run(x, Promise.<Reply>promise().future());
      x.currentAttempt().markSent();
      time.passMillis(100);
      x.cancellation().cancel(LATE);
    }

    assertThat(failures()).isZero();
  }

  @Test
  void aDeadlineThatPassedBeforeAnythingWasSentProvesNothing() {
    var x = attempt();
    run(x, Promise.<Reply>promise().future());

    time.passMillis(60_000);
    x.cancellation().cancel(LATE);

    assertThat(failures()).isZero();
  }

  @Test
  void aStreamThatStallsUntilTheDeadlineCounts() {
    var x = attempt();
    x.currentAttempt().markSent();
    start(run(x, Future.succeededFuture(new Reply.Streamed(new HandStream()))));

    time.passMillis(60_000);
    x.cancellation().cancel(LATE);

    assertThat(failures()).isEqualTo(1);
  }

  @Test
  void aClientThatDoesNotReadItsStreamCannotOpenItForEveryone() {
    var x = attempt();
    x.currentAttempt().markSent();
    var reply = run(x, Future.succeededFuture(new Reply.Streamed(new HandStream())));
    var stream = ((Reply.Streamed) reply.result()).stream();
    stream.start(new Recorder());
    time.passMillis(10_000);
    stream.pause();
    time.passMillis(45_000);
    stream.resume();
    time.passMillis(5_000);

    x.cancellation().cancel(LATE);

    assertThat(failures()).isZero();
  }

  @Test
  void aStreamCutByTheProviderIsAFailure() {
    for (var i = 0; i < 2; i++) {
      var stream = new HandStream();
      start(run(attempt(), Future.succeededFuture(new Reply.Streamed(stream))));
      stream.say("a");
      stream.fail(BROKEN);
    }

    assertThat(shown()).isEqualTo(BreakerState.OPEN);
  }

  @Test
  void aStreamProvesNothingBeforeItsEnd() {
    halfOpen();
    var stream = new HandStream();
    start(run(attempt(), Future.succeededFuture(new Reply.Streamed(stream))));
    stream.say("a");
    assertThat(run(attempt(), whole()).failed()).as("the probe is still out").isTrue();

    stream.end();

    assertThat(run(attempt(), whole()).succeeded()).isTrue();
    assertThat(shown()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void aProbeWhoseCallIsCancelledGivesItsPlaceBackEvenIfWhatIsBelowHangs() {
    halfOpen();
    var x = attempt();
    run(x, Promise.<Reply>promise().future());
    assertThat(run(attempt(), whole()).failed()).isTrue();

    x.cancellation().cancel(GONE);

    assertThat(shown()).isEqualTo(BreakerState.HALF_OPEN);
    assertThat(run(attempt(), whole()).succeeded()).isTrue();
  }

  @Test
  void aProbeWhoseStreamNobodyStartsGivesItsPlaceBackWithItsCall() {
    halfOpen();
    var x = attempt();
    run(x, Future.succeededFuture(new Reply.Streamed(new HandStream())));
    assertThat(run(attempt(), whole()).failed()).isTrue();

    x.cancellation().cancel(GONE);

    assertThat(run(attempt(), whole()).succeeded()).isTrue();
  }

  @Test
  void aProbeThatTheCallersMistakeEndedLetsTheNextOneProbe() {
    halfOpen();

    run(attempt(), Future.failedFuture(AIError.invalid("No.")));

    assertThat(shown()).isEqualTo(BreakerState.HALF_OPEN);
    assertThat(run(attempt(), whole()).succeeded()).isTrue();
  }

  private void open() {
    run(attempt(), Future.failedFuture(BROKEN));
    run(attempt(), Future.failedFuture(BROKEN));
    assertThat(shown()).isEqualTo(BreakerState.OPEN);
  }

  private void halfOpen() {
    open();
    time.passMillis(10_000);
    assertThat(shown()).isEqualTo(BreakerState.HALF_OPEN);
  }

  private Future<Reply> run(Exchange x, Future<Reply> below) {
    return Chain.of(
            List.of(
                new BreakerStage(breakers, time),
                (_, _) -> {
                  asked.incrementAndGet();
                  return below;
                }))
        .proceed(x);
  }

  private static void start(Future<Reply> reply) {
    ((Reply.Streamed) reply.result()).stream().start(new Recorder());
  }

  private static Future<Reply> whole() {
    return Future.succeededFuture(new Reply.Whole(Exchanges.answer("hello")));
  }

  private Exchange attempt() {
    return attempt("perplexity/sonar");
  }

  private Exchange attempt(String model) {
    return aCall(time)
        .to(model)
        .begin()
        .with(new Attempt(Ids.next(time), 1, Exchanges.target(model)));
  }

  private BreakerState shown() {
    return status().state();
  }

  private int failures() {
    return status().failures();
  }

  private BreakerStatus status() {
    return breakers.states().stream()
        .filter(s -> s.model().equals("sonar"))
        .findFirst()
        .orElseThrow();
  }
}
