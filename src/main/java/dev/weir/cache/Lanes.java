package dev.weir.cache;

import io.vertx.core.Future;
import io.vertx.core.Promise;

/**
 * Work under way, so much at a time. One at a time may wait for room and take it; work may end on
 * any thread. Thread-safe.
 */
final class Lanes {
  private int most;
  private int taken;
  private Promise<Void> ended = Promise.promise();

  /** So many at a time. */
  Lanes(int most) {
    this.most = most;
  }

  /** From now on one less at a time; false if it is one already. */
  synchronized boolean narrow() {
    if (most == 1) {
      return false;
    }
    most--;
    return true;
  }

  /** Whether nothing is under way. */
  synchronized boolean idle() {
    return taken == 0;
  }

  /** Succeeds when there is room for another. */
  synchronized Future<Void> room() {
    // Where it became narrower, one that ends makes no room.
    return taken < most ? Future.succeededFuture() : ended.future().compose(_ -> room());
  }

  /** Succeeds when the next of those under way has ended; at once if there is none. */
  synchronized Future<Void> next() {
    return taken == 0 ? Future.succeededFuture() : ended.future();
  }

  /** Succeeds when nothing is under way any more. */
  Future<Void> empty() {
    return idle() ? Future.succeededFuture() : next().compose(_ -> empty());
  }

  /** Takes a lane until this has ended, well or not. */
  void take(Future<?> work) {
    synchronized (this) {
      taken++;
    }
    work.onComplete((_, _) -> leave());
  }

  private void leave() {
    Promise<Void> told;
    synchronized (this) {
      taken--;
      told = ended;
      ended = Promise.promise();
    }
    told.complete();
  }
}
