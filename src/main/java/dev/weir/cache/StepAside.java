package dev.weir.cache;

import dev.weir.core.Clock;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
    if (rests() || !enter()) {
      aside.run();
      return Future.succeededFuture(otherwise);
    }
    return begin(work)
        .onComplete((_, _) -> underWay.decrementAndGet())
        .timeout(patience.toMillis(), TimeUnit.MILLISECONDS)
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
