package dev.weir.resilience;

import dev.weir.core.Clock;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/**
 * The deadline of the whole call: one timer, armed once, that covers every attempt, backoff and
 * fallback and the last byte of a stream.
 *
 * <p>The time runs from the call's arrival. When it passes, the call is cancelled with {@code
 * TIMEOUT}; so what is below resets its request, and the reply fails. What is below gets {@value
 * TimedCall#GRACE_MILLIS} ms to end by itself, so that its bill is complete when the call's record
 * is written; if it hangs, the call ends without it. The same holds for a call that is cancelled
 * for another reason. A reply that comes later still is thrown away, and if it is a stream, it is
 * drained of its end, so that everyone who observes it learns of it. Runs on the call's event loop.
 */
public final class DeadlineStage implements Stage {
  private final Vertx vertx;
  private final Clock clock;

  /**
   * A deadline stage.
   *
   * @param vertx whose timers it uses
   * @param clock the clock that stamped the arrivals
   */
  public DeadlineStage(Vertx vertx, Clock clock) {
    this.vertx = vertx;
    this.clock = clock;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    var room = Deadline.room(x, clock);
    if (!room.isPositive()) {
      x.cancellation().cancel(Deadline.passed(x));
    }
    var reason = x.cancellation().reason();
    return reason.isPresent()
        ? Future.failedFuture(reason.get())
        : new TimedCall(vertx, x).run(next, room);
  }
}
