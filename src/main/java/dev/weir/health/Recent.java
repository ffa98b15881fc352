package dev.weir.health;

import dev.weir.core.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * A check that is asked at most once a second, one at a time, and is given three quarters of one
 * (Kubernetes gives a probe one). Its answer is shared by all who ask meanwhile. A thing that was
 * well within the last {@link #GRACE} is still called well after a failure or two: one slow answer
 * of a database must not take every replica out at once. A probe that hangs is not joined by
 * another for {@link #PATIENCE}, since each may hold a connection. Thread-safe.
 */
final class Recent {
  static final Duration FRESH = Duration.ofSeconds(1);
  static final Duration BOUND = Duration.ofMillis(750);
  static final Duration GRACE = Duration.ofSeconds(3);
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Clock clock;
  private final Supplier<Future<Void>> probe;
  private final AtomicReference<Optional<Asked>> latest = new AtomicReference<>(Optional.empty());
  private volatile Optional<Long> wellAt = Optional.empty();

  /** {@code ended} is complete when the probe itself is, which may be long after the answer. */
  private record Asked(Future<Void> answer, Future<Void> ended, long at) {
    boolean isFresh(long now) {
      return !answer.isComplete()
          || now - at < FRESH.toNanos()
          || (!ended.isComplete() && now - at < PATIENCE.toNanos());
    }
  }

  /** A check of what {@code probe} reaches. */
  Recent(Clock clock, Supplier<Future<Void>> probe) {
    this.clock = clock;
    this.probe = probe;
  }

  /** Succeeds if it is well, or was a moment ago; else fails with the reason. */
  Future<Void> ask() {
    return asked()
        .recover(e -> wasWellLately() ? Future.succeededFuture() : Future.failedFuture(e));
  }

  private Future<Void> asked() {
    var now = clock.nanoTime();
    var last = latest.get();
    if (last.isPresent() && last.get().isFresh(now)) {
      return last.get().answer;
    }
    var answer = Promise.<Void>promise();
    var ended = Promise.<Void>promise();
    var asked = Optional.of(new Asked(answer.future(), ended.future(), now));
    if (!latest.compareAndSet(last, asked)) {
      return asked();
    }
    call()
        .onComplete(ended)
        .timeout(BOUND.toMillis(), TimeUnit.MILLISECONDS)
        .onSuccess(_ -> wellAt = Optional.of(clock.nanoTime()))
        .onComplete(answer);
    return answer.future();
  }

  private boolean wasWellLately() {
    return wellAt.map(at -> clock.nanoTime() - at < GRACE.toNanos()).orElse(false);
  }

  private Future<Void> call() {
    try {
      return probe.get();
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }
}
