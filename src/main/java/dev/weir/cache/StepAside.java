package dev.weir.cache;

import dev.weir.core.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Keeps a slow database from slowing calls: work that takes longer than its patience is given up,
 * no more than so many pieces are under way at once, and after some failures in a row none is begun
 * for a second. What was given up counts as under way until it has really ended. Thread-safe.
 */
final class StepAside {
  private static final int FAILURES = 5;
  private static final Duration REST = Duration.ofSeconds(1);

  private final Duration patience;
  private final int most;
  private final Clock clock;
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile long failedNanos;

  /**
   * A guard.
   *
   * @param patience how long a piece of work may take
   * @param most how many may be under way at once
   */
  StepAside(Duration patience, int most, Clock clock) {
    this.patience = patience;
    this.most = most;
    this.clock = clock;
  }

  /**
   * Runs the work, or gives {@code otherwise}; never fails.
   *
   * @param aside told that it was not done, or not in time
   */
  <T> Future<T> run(Supplier<Future<T>> work, T otherwise, Runnable aside) {
    return run(work, otherwise, aside, _ -> {});
  }

  /**
   * As above, for work that leaves something behind.
   *
   * @param late gets what came of it after it had been given up
   */
  <T> Future<T> run(Supplier<Future<T>> work, T otherwise, Runnable aside, Consumer<T> late) {
    if (rests() || !enter()) {
      aside.run();
      return Future.succeededFuture(otherwise);
    }
    // Completed by the work or by giving it up, whichever is first. The time is measured by the
    // work's own future: that of a promise, which knows no event loop, would be told beside it.
    var done = Promise.<T>promise();
    return begin(work)
        .onComplete((_, _) -> underWay.decrementAndGet())
        .onFailure(done::tryFail)
        .onSuccess(
            result -> {
              if (!done.tryComplete(result)) {
                late.accept(result);
              }
            })
        .timeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(done::tryFail)
        .transform(_ -> done.future())
        .onSuccess(_ -> failures.set(0))
        .recover(
            _ -> {
              failedNanos = clock.nanoTime();
              failures.incrementAndGet();
              aside.run();
              return Future.succeededFuture(otherwise);
            });
  }

  private static <T> Future<T> begin(Supplier<Future<T>> work) {
    try {
      return work.get();
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private boolean enter() {
    if (underWay.incrementAndGet() <= most) {
      return true;
    }
    underWay.decrementAndGet();
    return false;
  }

  /** After the rest whoever comes tries again; one more failure, and it rests again. */
  private boolean rests() {
    return failures.get() >= FAILURES && clock.nanoTime() - failedNanos < REST.toNanos();
  }
}
