package dev.weir.resilience;

import static dev.weir.resilience.Calls.aCall;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.ProviderSettings;
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
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ThrottleStageTest {
  private static final int MOST = 100;
  private static final int PLACES = 5;
  private static final AIError BROKEN = AIError.of(ErrorCode.PROVIDER_ERROR, "It failed.");

  private final VirtualTime time = new VirtualTime();
  private final Throttles throttles =
      new Throttles(
          List.of(
              new ProviderSettings(
                  "perplexity",
                  ProviderSettings.Protocol.AGENT,
                  URI.create("http://127.0.0.1:1"),
                  Optional.empty(),
                  "PERPLEXITY_API_KEY",
                  MOST,
                  PLACES,
                  Duration.ofSeconds(1))),
          1,
          time);
  private final Deque<Promise<Reply>> below = new ArrayDeque<>();
  private final Chain chain =
      Chain.of(
          List.of(
              new ThrottleStage(throttles, time),
              (x, _) -> {
                x.currentAttempt().markSent();
                var promise = Promise.<Reply>promise();
                below.add(promise);
                return promise.future();
              }));

  @Test
  void aProviderThatIsWellIsAskedByAsManyAsItsPoolHolds() {
    ask(MOST);

    assertThat(below).hasSize(MOST);
    assertThat(limit()).isEqualTo(MOST);
  }

  @Test
  void beyondThatAFewWaitInTheirOrderAndTheRestIsTurnedAway() {
    ask(MOST);
    var waiting = ask(PLACES);
    var refused = ask(1).getFirst();

    assertThat(((AIError) refused.cause()).code()).isEqualTo(ErrorCode.OVERLOADED);
    assertThat(throttles.waiting("perplexity")).isEqualTo(PLACES);
    assertThat(throttles.refused("perplexity")).isEqualTo(1);
    answerOne();
    assertThat(below).hasSize(MOST);
    assertThat(throttles.waiting("perplexity")).isEqualTo(PLACES - 1);
    assertThat(waiting).noneMatch(Future::isComplete);
  }

  @Test
  void whoIsCancelledLeavesTheQueueAtOnce() {
    ask(MOST);
    var x = attempt();
    var waiting = chain.proceed(x);

    x.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "The caller went away."));

    assertThat(((AIError) waiting.cause()).code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(throttles.waiting("perplexity")).isZero();
  }

  @Test
  void aProviderThatFailsIsAskedByFewerAndFewerButNeverByNone() {
    ask(50);
    failOne();
    var once = limit();
    failOne();
    assertThat(limit()).as("failures of one moment are one failure").isEqualTo(once);

    for (var second = 0; second < 30; second++) {
      time.passMillis(1_000);
      ask(1);
      failOne();
    }

    assertThat(once).isEqualTo(40);
    assertThat(limit()).isEqualTo(8);
  }

  @Test
  void itsRecoveryIsBelievedAnswerByAnswerAndAQuietTimeIsEnough() {
    ask(20);
    for (var second = 0; second < 8; second++) {
      failOne();
      time.passMillis(1_000);
    }
    var low = limit();
    for (var call = 0; call < 40; call++) {
      answerOne();
      ask(1);
    }
    var risen = limit();
    while (!below.isEmpty()) {
      answerOne();
    }

    assertThat(low).isEqualTo(8);
    assertThat(risen).isBetween(10, 20);
    time.passMillis(40_000);
    assertThat(limit()).isEqualTo(MOST);
  }

  @Test
  void answersThatBecomeSlowUnderLoadAreAskedForByFewer() {
    for (var call = 0; call < 300; call++) {
      ask(1);
      time.passMillis(100);
      answerOne();
    }
    ask(60);

    for (var call = 0; call < 60; call++) {
      time.passMillis(1_000);
      answerOne();
      ask(1);
    }

    assertThat(limit()).isLessThan(MOST);
  }

  @Test
  void theCallersOwnMistakesProveNothing() {
    ask(60);
    for (var call = 0; call < 20; call++) {
      below.remove().fail(AIError.of(ErrorCode.INVALID_REQUEST, "It is wrong."));
    }

    assertThat(limit()).isEqualTo(MOST);
    assertThat(throttles.underWay("perplexity")).isEqualTo(40);
  }

  @Test
  void aStreamHoldsItsPlaceUntilItsEnd() {
    var reply = ask(1).getFirst();
    var stream = new HandStream();
    below.remove().complete(new Reply.Streamed(stream));
    assertThat(throttles.underWay("perplexity")).isEqualTo(1);

    reply.result();
    var x = attempt();
    chain.proceed(x);
    x.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "The caller went away."));

    assertThat(throttles.underWay("perplexity")).as("the stream's alone").isEqualTo(1);
  }

  private int limit() {
    return throttles.limit("perplexity");
  }

  private List<Future<Reply>> ask(int calls) {
    var replies = new ArrayList<Future<Reply>>();
    for (var call = 0; call < calls; call++) {
      replies.add(chain.proceed(attempt()));
    }
    return replies;
  }

  private Exchange attempt() {
    return aCall(time)
        .begin()
        .with(new Attempt(Ids.next(time), 1, Exchanges.target("perplexity/sonar")));
  }

  private void answerOne() {
    below.remove().complete(new Reply.Whole(Exchanges.answer("hi")));
  }

  private void failOne() {
    below.remove().fail(BROKEN);
  }
}
