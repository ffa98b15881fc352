package dev.weir.limits;

import dev.weir.core.AIError;
import dev.weir.gateway.Cancellation;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.LocalDate;
import java.util.Queue;

/**
 * Someone who waits for a unit or for money, together with everyone else who waits for the same
 * subject: they have one wish at the ledger between them. Thread-safe.
 */
final class Waiter {
  private final Promise<Void> promise = Promise.promise();
  private final LocalDate month;
  private final long price;
  private final long sinceNanos;

  /**
   * One who waits for money.
   *
   * @param month of which month
   * @param price nano-dollars
   * @param sinceNanos since when it waits, earlier waits for the same thing included
   */
  Waiter(LocalDate month, long price, long sinceNanos) {
    this.month = month;
    this.price = price;
    this.sinceNanos = sinceNanos;
  }

  /** One who waits for a unit, or for news. */
  Waiter(long sinceNanos) {
    this(LocalDate.EPOCH, 0, sinceNanos);
  }

  LocalDate month() {
    return month;
  }

  long price() {
    return price;
  }

  long sinceNanos() {
    return sinceNanos;
  }

  /** As {@link #here}, unless the call is cancelled before. */
  Future<Void> awaited(Cancellation cancellation) {
    var forget = cancellation.onCancel(this::fail);
    return here().onComplete(_ -> forget.run());
  }

  /** The future on the context of whoever asks: the answers come on the desk's. */
  Future<Void> here() {
    var context = Vertx.currentContext();
    if (context == null) {
      return promise.future();
    }
    var told = Promise.<Void>promise();
    promise
        .future()
        .onComplete(
            outcome ->
                context.runOnContext(
                    _ -> {
                      if (outcome.succeeded()) {
                        told.complete();
                      } else {
                        told.fail(outcome.cause());
                      }
                    }));
    return told.future();
  }

  /** Lets it try again; false if it had gone. */
  boolean wake() {
    return promise.tryComplete();
  }

  /** Turns it away; false if it had gone. */
  boolean fail(AIError why) {
    return promise.tryFail(why);
  }

  /** Turns all of them away. */
  static void turnAway(Queue<Waiter> queue, AIError why) {
    for (var waiter = queue.poll(); waiter != null; waiter = queue.poll()) {
      waiter.fail(why);
    }
  }

  boolean gone() {
    return promise.future().isComplete();
  }
}
