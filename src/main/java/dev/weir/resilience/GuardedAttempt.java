package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * One attempt behind its breaker: reports its verdict once, and measures the time that the provider
 * had. While a stream's receiver rests (a slow client, or one that reads nothing at all), the time
 * is not the provider's. Confined to the call's event loop.
 */
final class GuardedAttempt {
  private final Permit permit;
  private final Exchange x;
  private final Clock clock;
  private Runnable unlisten = () -> {};
  private long had;
  private long runningSince;
  private boolean running;

  GuardedAttempt(Permit permit, Exchange x, Clock clock) {
    this.permit = permit;
    this.x = x;
    this.clock = clock;
  }

  Future<Reply> run(Chain next) {
    runClock();
    unlisten = x.cancellation().onCancel(this::failed);
    return next.proceed(x).onFailure(e -> failed(AIError.from(e))).map(this::answered);
  }

  private Reply answered(Reply reply) {
    return switch (reply) {
      case Reply.Whole whole -> {
        ended(Verdict.WELL);
        yield whole;
      }
      case Reply.Streamed(var stream) -> {
        stopClock();
        yield new Reply.Streamed(
            new GuardedStream(stream.observed(_ -> ended(Verdict.WELL), this::failed)));
      }
    };
  }

  private void failed(AIError error) {
    stopClock();
    ended(Verdict.of(error, x, Duration.ofNanos(had)));
  }

  private void ended(Verdict verdict) {
    unlisten.run();
    permit.report(verdict);
  }

  private void runClock() {
    if (!running) {
      running = true;
      runningSince = clock.nanoTime();
    }
  }

  private void stopClock() {
    if (running) {
      running = false;
      had += clock.nanoTime() - runningSince;
    }
  }

  /** Runs the provider's clock while the receiver wants more. */
  private final class GuardedStream implements AnswerStream {
    private final AnswerStream inner;

    GuardedStream(AnswerStream inner) {
      this.inner = inner;
    }

    @Override
    public void start(Sink sink) {
      runClock();
      inner.start(sink);
    }

    @Override
    public void pause() {
      stopClock();
      inner.pause();
    }

    @Override
    public void resume() {
      runClock();
      inner.resume();
    }
  }
}
