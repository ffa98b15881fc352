package dev.weir.resilience;

import static dev.weir.resilience.Calls.aCall;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DeadlineStageTest {
  private static final AIError GONE = AIError.of(ErrorCode.CANCELLED, "The caller went away.");

  private final VirtualTime time = new VirtualTime();
  private final Promise<Reply> below = Promise.promise();

  @Test
  void aHangingCallFailsWithTimeoutJustAfterItsDeadline() {
    var reply = run(aCall(time).timeout(Duration.ofSeconds(2)).begin());

    time.passMillis(1999);
    assertThat(reply.isComplete()).isFalse();
    time.passMillis(1 + TimedCall.GRACE_MILLIS);

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.TIMEOUT);
  }

  @Test
  void theDeadlineRunsFromTheCallsArrival() {
    var x = aCall(time).timeout(Duration.ofSeconds(2)).begin();
    time.passMillis(1500);

    var reply = run(x);
    time.passMillis(500 + TimedCall.GRACE_MILLIS);

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.TIMEOUT);
  }

  @Test
  void aCallThatArrivesTooLateGoesNoFurther() {
    var x = aCall(time).timeout(Duration.ofSeconds(2)).begin();
    time.passMillis(2000);
    var proceeded = new AtomicInteger();

    var reply =
        run(
            x,
            (_, _) -> {
              proceeded.incrementAndGet();
              return below.future();
            });

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.TIMEOUT);
    assertThat(proceeded).hasValue(0);
  }

  @Test
  void theMessageNamesTheTimeoutAndHowToRaiseIt() {
    var reply = run(aCall(time).timeout(Duration.ofMillis(1500)).begin());

    time.passAll();

    assertThat(((AIError) reply.cause()).message())
        .contains("1.5 s")
        .contains("x-weir-timeout-ms")
        .contains("300 s");
  }

  @Test
  void whatIsBelowIsCancelledWithTheSameReason() {
    var x = aCall(time).timeout(Duration.ofSeconds(1)).begin();
    run(x);

    time.passMillis(1000);

    assertThat(x.cancellation().reason()).map(AIError::code).contains(ErrorCode.TIMEOUT);
  }

  @Test
  void whatIsBelowMayEndByItselfFirstSoThatItsBillIsComplete() {
    var x = aCall(time).timeout(Duration.ofSeconds(1)).begin();
    var reply = run(x);
    x.cancellation().onCancel(below::fail);

    time.passMillis(1000);

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.TIMEOUT);
    assertThat(time.timers()).isZero();
  }

  @Test
  void aCancelledCallEndsAtOnceEvenIfWhatIsBelowHangs() {
    var x = aCall(time).begin();
    var reply = run(x);

    x.cancellation().cancel(GONE);
    time.passMillis(TimedCall.GRACE_MILLIS);

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.CANCELLED);
    assertThat(time.timers()).isZero();
  }

  @Test
  void noTimerOutlivesAWholeAnswer() {
    var reply = run(aCall(time).begin());

    below.complete(new Reply.Whole(Exchanges.answer("hello")));

    assertThat(reply.succeeded()).isTrue();
    assertThat(time.timers()).isZero();
  }

  @Test
  void noTimerOutlivesAFailure() {
    var reply = run(aCall(time).begin());

    below.fail(AIError.of(ErrorCode.PROVIDER_ERROR, "It failed."));

    assertThat(codeOf(reply)).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(time.timers()).isZero();
  }

  @Test
  void noTimerOutlivesTheEndOfAStream() {
    var x = aCall(time).begin();
    var stream = HandStream.obeying(x);
    var heard = stream(x, stream);

    stream.say("a");
    assertThat(time.timers()).isOne();
    stream.end();

    assertThat(heard.heard()).containsExactly("part a", "end");
    assertThat(time.timers()).isZero();
  }

  @Test
  void aStreamThatWasHandedOutFailsWhenTheDeadlinePasses() {
    var x = aCall(time).timeout(Duration.ofSeconds(5)).begin();
    var stream = HandStream.obeying(x);
    var heard = stream(x, stream);
    stream.say("a");

    time.passMillis(5000);

    assertThat(heard.heard()).containsExactly("part a", "fail TIMEOUT");
    assertThat(time.timers()).isZero();
  }

  @Test
  void aStreamThatIgnoresItsCancellationIsCutOff() {
    var x = aCall(time).timeout(Duration.ofSeconds(5)).begin();
    var stream = new HandStream();
    var heard = stream(x, stream);

    time.passMillis(5000 + TimedCall.GRACE_MILLIS);
    stream.say("late");
    stream.end();

    assertThat(heard.heard()).containsExactly("fail TIMEOUT");
  }

  @Test
  void aStreamThatArrivesAfterTheDeadlineIsEndedAndNotLeaked() {
    var x = aCall(time).timeout(Duration.ofSeconds(1)).begin();
    var reply = run(x);
    time.passMillis(1000 + TimedCall.GRACE_MILLIS);
    var late = new HandStream();

    below.complete(new Reply.Streamed(late));

    assertThat(late.started()).isTrue();
    assertThat(codeOf(reply)).isEqualTo(ErrorCode.TIMEOUT);
  }

  @Test
  void aStreamThatNobodyStartedStillEndsForThoseWhoObserveIt() {
    var x = aCall(time).timeout(Duration.ofSeconds(1)).begin();
    var reply = run(x);
    var unwanted = new HandStream();
    below.complete(new Reply.Streamed(unwanted));
    var handedOut = ((Reply.Streamed) reply.result()).stream();

    time.passMillis(1000 + TimedCall.GRACE_MILLIS);
    assertThat(unwanted.started()).isTrue();
    var heard = new Recorder();
    handedOut.start(heard);

    assertThat(heard.heard()).containsExactly("fail TIMEOUT");
    assertThat(time.timers()).isZero();
  }

  private Recorder stream(Exchange x, HandStream stream) {
    var reply = run(x);
    below.complete(new Reply.Streamed(stream));
    var heard = new Recorder();
    ((Reply.Streamed) reply.result()).stream().start(heard);
    return heard;
  }

  private Future<Reply> run(Exchange x) {
    return run(x, (_, _) -> below.future());
  }

  private Future<Reply> run(Exchange x, Stage rest) {
    return Chain.of(List.of(new DeadlineStage(time.vertx(), time), rest)).proceed(x);
  }

  private static ErrorCode codeOf(Future<Reply> reply) {
    assertThat(reply.failed()).isTrue();
    return ((AIError) reply.cause()).code();
  }
}
