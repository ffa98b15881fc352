package dev.weir.resilience;

import static dev.weir.resilience.Calls.aCall;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.RetryBudgetSettings;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AttemptsStageTest {
  private static final AIError BROKEN = AIError.of(ErrorCode.PROVIDER_ERROR, "It failed.");
  private static final AIError OPEN = AIError.of(ErrorCode.CIRCUIT_OPEN, "It is not asked.");

  private final VirtualTime time = new VirtualTime();
  private final Deque<Future<Reply>> script = new ArrayDeque<>();
  private final List<Attempt> attempts = new ArrayList<>();
  private final List<Duration> moments = new ArrayList<>();
  private RetryBudget budget = new RetryBudget(RetryBudgetSettings.DEFAULT, time);

  @Test
  void aGoodAnswerNeedsOneAttempt() {
    var x = aCall(time).begin();
    answer();

    var reply = run(x);

    assertThat(reply.succeeded()).isTrue();
    assertThat(asked()).containsExactly("perplexity/sonar");
    assertThat(x.tally().retries()).isZero();
  }

  @Test
  void aFailingProviderIsAskedAgainUntilTheAttemptsAreUsedUp() {
    var x = aCall(time).attempts(3).begin();
    fail(BROKEN, BROKEN, BROKEN);

    var reply = run(x);
    time.passAll();

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(attempts).extracting(Attempt::number).containsExactly(1, 2, 3);
    assertThat(attempts).extracting(Attempt::id).doesNotHaveDuplicates();
    assertThat(x.tally().retries()).isEqualTo(2);
  }

  @Test
  void aCallersMistakeIsNotRetried() {
    fail(AIError.invalid("No."));

    var reply = run(aCall(time).to("perplexity/sonar", "openai/small").begin());

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(attempts).hasSize(1);
  }

  @Test
  void eachFallbackKeepsOneAttemptAndTheRestGoesToRetries() {
    fail(BROKEN, BROKEN, BROKEN);

    run(aCall(time).attempts(3).to("perplexity/sonar", "openai/small").begin());
    time.passAll();

    assertThat(asked()).containsExactly("perplexity/sonar", "perplexity/sonar", "openai/small");
  }

  @Test
  void fallbacksBeyondTheAttemptsAreNotAsked() {
    fail(BROKEN, BROKEN);

    run(aCall(time).attempts(2).to("a/1", "b/2", "c/3").begin());
    time.passAll();

    assertThat(asked()).containsExactly("a/1", "b/2");
  }

  @Test
  void aFallbackIsAskedWithoutWaiting() {
    fail(BROKEN);
    answer();

    var reply = run(aCall(time).attempts(2).to("a/1", "b/2").begin());

    assertThat(reply.succeeded()).isTrue();
    assertThat(time.passed()).isZero();
  }

  @Test
  void anOpenCircuitSendsTheCallElsewhereAtOnce() {
    fail(OPEN);
    answer();

    var reply = run(aCall(time).to("a/1", "b/2").begin());

    assertThat(reply.succeeded()).isTrue();
    assertThat(asked()).containsExactly("a/1", "b/2");
    assertThat(time.passed()).isZero();
  }

  @Test
  void theOnlyTargetsOpenCircuitIsTheCallsError() {
    fail(OPEN);

    var reply = run(aCall(time).begin());

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.CIRCUIT_OPEN);
    assertThat(attempts).hasSize(1);
  }

  @Test
  void anOpenCircuitDoesNotHideWhatAProviderSaidBefore() {
    fail(BROKEN, OPEN);

    var reply = run(aCall(time).attempts(2).to("a/1", "b/2").begin());

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.PROVIDER_ERROR);
  }

  @Test
  void aBackoffStaysWithinItsBound() {
    fail(BROKEN, BROKEN, BROKEN);

    run(aCall(time).attempts(3).begin());
    time.passAll();

    assertThat(moments.get(1)).isLessThanOrEqualTo(Duration.ofMillis(251));
    assertThat(moments.get(2).minus(moments.get(1))).isLessThanOrEqualTo(Duration.ofMillis(501));
  }

  @Test
  void retryAfterIsTheLeastWait() {
    fail(limited(Duration.ofSeconds(7)));
    answer();

    var reply = run(aCall(time).begin());
    time.passMillis(6999);
    assertThat(attempts).hasSize(1);
    time.passMillis(300);

    assertThat(reply.succeeded()).isTrue();
  }

  @Test
  void retryAfterBeyondTheDeadlineFailsNow() {
    fail(limited(Duration.ofSeconds(61)));

    var reply = run(aCall(time).timeout(Duration.ofSeconds(60)).begin());

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.PROVIDER_RATE_LIMITED);
    assertThat(time.timers()).isZero();
  }

  @Test
  void aLongRetryAfterGoesToTheFallbackInstead() {
    fail(limited(Duration.ofSeconds(20)));
    answer();

    var reply = run(aCall(time).attempts(3).to("a/1", "b/2").begin());

    assertThat(reply.succeeded()).isTrue();
    assertThat(asked()).containsExactly("a/1", "b/2");
  }

  @Test
  void nothingIsRetriedOnceAStreamWasHandedOn() {
    var stream = new HandStream();
    script.add(Future.succeededFuture(new Reply.Streamed(stream)));
    var reply = run(aCall(time).to("a/1", "b/2").begin());
    var heard = new Recorder();
    ((Reply.Streamed) reply.result()).stream().start(heard);

    stream.say("a");
    stream.fail(BROKEN);

    assertThat(heard.heard()).containsExactly("part a", "fail PROVIDER_ERROR");
    assertThat(attempts).hasSize(1);
    assertThat(time.timers()).isZero();
  }

  @Test
  void aCancelledBackoffEndsAtOnceWithTheReason() {
    var x = aCall(time).begin();
    fail(BROKEN);
    var reply = run(x);
    assertThat(time.timers()).isOne();

    x.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "The caller went away."));

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.CANCELLED);
    assertThat(time.timers()).isZero();
    assertThat(x.tally().retries()).isZero();
  }

  @Test
  void aCallThatWasCancelledDuringAnAttemptIsNotRetried() {
    var x = aCall(time).to("a/1", "b/2").begin();
    Promise<Reply> below = Promise.promise();
    script.add(below.future());
    var reply = run(x);

    x.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "Gone."));
    below.fail(BROKEN);

    assertThat(attempts).hasSize(1);
    assertThat(codeOf(reply)).isEqualTo(ErrorCode.CANCELLED);
  }

  @Test
  void anEmptyBudgetReportsTheProvidersOwnError() {
    budget = new RetryBudget(new RetryBudgetSettings(0, 0, Duration.ofSeconds(10)), time);
    fail(BROKEN);
    var x = aCall(time).begin();

    var reply = run(x);

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(attempts).hasSize(1);
    assertThat(x.tally().warnings()).singleElement().asString().contains("retry budget");
  }

  @Test
  void anEmptyBudgetDoesNotBarTheWayToAnotherProvider() {
    budget = new RetryBudget(new RetryBudgetSettings(0, 0, Duration.ofSeconds(10)), time);
    fail(BROKEN);
    answer();

    var reply = run(aCall(time).attempts(3).to("a/1", "b/2").begin());

    assertThat(reply.succeeded()).isTrue();
    assertThat(asked()).containsExactly("a/1", "b/2");
  }

  @Test
  void anotherModelOfTheSameProviderIsARetryToTheBudget() {
    budget = new RetryBudget(new RetryBudgetSettings(0, 0, Duration.ofSeconds(10)), time);
    fail(BROKEN);

    var reply = run(aCall(time).attempts(3).to("a/1", "a/2").begin());

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(attempts).hasSize(1);
  }

  @Test
  void aRefusalByOurOwnBreakerBurdensNoProvider() {
    budget = new RetryBudget(new RetryBudgetSettings(0, 0, Duration.ofSeconds(10)), time);
    fail(OPEN);
    answer();

    var reply = run(aCall(time).to("a/1", "a/2").begin());

    assertThat(reply.succeeded()).isTrue();
  }

  private static AIError limited(Duration retryAfter) {
    return AIError.of(ErrorCode.PROVIDER_RATE_LIMITED, "Too many.").retryAfter(retryAfter);
  }

  private void fail(AIError... errors) {
    for (var error : errors) {
      script.add(Future.failedFuture(error));
    }
  }

  private void answer() {
    script.add(Future.succeededFuture(new Reply.Whole(Exchanges.answer("hello"))));
  }

  private Future<Reply> run(Exchange x) {
    var stage = new AttemptsStage(time.vertx(), time, new Random(1), budget, budget);
    return Chain.of(List.of(stage, (y, _) -> play(y))).proceed(x);
  }

  private Future<Reply> play(Exchange x) {
    attempts.add(x.currentAttempt());
    moments.add(time.passed());
    return script.remove();
  }

  private List<String> asked() {
    return attempts.stream().map(a -> a.target().model().toString()).toList();
  }

  private static ErrorCode codeOf(Future<Reply> reply) {
    assertThat(reply.failed()).isTrue();
    return ((AIError) reply.cause()).code();
  }
}
