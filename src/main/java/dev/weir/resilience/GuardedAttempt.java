package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;

/** One attempt behind its breaker: reports its verdict once. Confined to the call's event loop. */
final class GuardedAttempt {
  private final Permit permit;
  private final Exchange x;
  private final Clock clock;
  private final long began;
  private Runnable unlisten = () -> {};

  GuardedAttempt(Permit permit, Exchange x, Clock clock) {
    this.permit = permit;
    this.x = x;
    this.clock = clock;
    this.began = clock.nanoTime();
  }

  Future<Reply> run(Chain next) {
    unlisten = x.cancellation().onCancel(this::failed);
    return next.proceed(x)
        .onFailure(e -> failed(AIError.from(e)))
        .map(reply -> reply.observed(_ -> ended(Verdict.WELL), this::failed));
  }

  private void failed(AIError error) {
    ended(Verdict.of(error, x, began, clock));
  }

  private void ended(Verdict verdict) {
    unlisten.run();
    permit.report(verdict);
  }
}
