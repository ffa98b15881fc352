package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Exchange;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One provider's attempts under way in all event loops, bounded by an {@link AdaptiveLimit}, and
 * those that wait for a place, in the order in which they came and no more than so many. Whoever is
 * cancelled leaves the queue at once. Thread-safe; held for a few instructions.
 */
final class Throttle {
  private static final int FLOOR = 8;

  private final String provider;
  private final Clock clock;
  private final int places;
  private final AdaptiveLimit limit;
  private final Deque<Waiting> queue = new ArrayDeque<>();
  private int underWay;
  private long refused;

  Throttle(String provider, int most, int places, Clock clock) {
    this.provider = provider;
    this.clock = clock;
    this.places = places;
    this.limit = new AdaptiveLimit(FLOOR, most, clock.nanoTime());
  }

  /** One that waits; it is granted a place or gone, whichever comes first. */
  private static final class Waiting {
    private static final int WAITS = 0;
    private static final int GRANTED = 1;
    private static final int GONE = 2;

    private final AtomicInteger state = new AtomicInteger(WAITS);
    private final Promise<Void> promise = Promise.promise();
    private final @Nullable Context context = Vertx.currentContext();

    boolean grant() {
      return state.compareAndSet(WAITS, GRANTED);
    }

    boolean leave() {
      return state.compareAndSet(WAITS, GONE);
    }

    void goOn() {
      if (context == null) {
        promise.complete();
      } else {
        context.runOnContext(_ -> promise.complete());
      }
    }
  }

  /** Takes a place, now or later; fails if too many wait, or with the call's cancellation. */
  Future<Void> enter(Exchange x) {
    Waiting waiting;
    synchronized (this) {
      if (queue.isEmpty() && underWay < limit.now(clock.nanoTime())) {
        underWay++;
        return Future.succeededFuture();
      }
      if (queue.size() >= places) {
        refused++;
        return Future.failedFuture(
            AIError.of(
                ErrorCode.OVERLOADED,
                "Too many calls to '"
                    + provider
                    + "' are waiting already, which is slow or failing; try again in a moment."));
      }
      waiting = new Waiting();
      queue.add(waiting);
    }
    var forget =
        x.cancellation()
            .onCancel(
                why -> {
                  if (waiting.leave()) {
                    drop(waiting);
                    waiting.promise.tryFail(why);
                  }
                });
    return waiting.promise.future().onComplete(_ -> forget.run());
  }

  private synchronized void drop(Waiting waiting) {
    queue.remove(waiting);
  }

  /** An attempt has ended; empty where it proved nothing. */
  void leave(Verdict verdict, long nanos, boolean stream) {
    synchronized (this) {
      var now = clock.nanoTime();
      switch (verdict) {
        case WELL -> limit.well(nanos, stream, underWay, now);
        case SICK -> limit.sick(underWay, now);
        case UNKNOWN -> {}
      }
      underWay--;
    }
    for (var next = next(); next.isPresent(); next = next()) {
      next.get().goOn();
    }
  }

  private synchronized Optional<Waiting> next() {
    while (!queue.isEmpty() && underWay < limit.now(clock.nanoTime())) {
      var first = queue.remove();
      if (first.grant()) {
        underWay++;
        return Optional.of(first);
      }
    }
    return Optional.empty();
  }

  synchronized int limit() {
    return limit.now(clock.nanoTime());
  }

  synchronized int underWay() {
    return underWay;
  }

  synchronized int waiting() {
    return queue.size();
  }

  synchronized long refused() {
    return refused;
  }
}
