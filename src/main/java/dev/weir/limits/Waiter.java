package dev.weir.limits;

import dev.weir.core.AIError;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.LocalDate;

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

  /** Completes when it is worth trying again; fails when it is not. */
  Future<Void> future() {
    return promise.future();
  }

  /** Lets it try again; false if it had gone. */
  boolean wake() {
    return promise.tryComplete();
  }

  /** Turns it away; false if it had gone. */
  boolean fail(AIError why) {
    return promise.tryFail(why);
  }

  boolean gone() {
    return promise.future().isComplete();
  }
}
