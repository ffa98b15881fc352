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
 * of a database must not take every replica out at once. Thread-safe.
 */
final class Recent {
  static final Duration FRESH = Duration.ofSeconds(1);
  static final Duration BOUND = Duration.ofMillis(750);
  static final Duration GRACE = Duration.ofSeconds(3);

  private final Clock clock;
  private final Supplier<Future<Void>> probe;
  private final AtomicReference<Optional<Asked>> latest = new AtomicReference<>(Optional.empty());
  private volatile Optional<Long> wellAt = Optional.empty();

  private record Asked(Future<Void> answer, long at) {}

  /** A check of what {@code probe} reaches. */
  Recent(Clock clock, Supplier<Future<Void>> probe) {
    this.clock = clock;
    this.probe = probe;
  }

  /** Succeeds if it is well, or was a moment ago; else fails with the reason. */
  Future<Void> ask() {
    var now = clock.nanoTime();
    var last = latest.get();
    if (last.isPresent() && isFresh(last.get(), now)) {
      return last.get().answer;
    }
    var promise = Promise.<Void>promise();
    var asked = new Asked(promise.future(), now);
    if (!latest.compareAndSet(last, Optional.of(asked))) {
      return latest.get().map(Asked::answer).orElse(asked.answer);
    }
    call()
        .timeout(BOUND.toMillis(), TimeUnit.MILLISECONDS)
        .onSuccess(_ -> wellAt = Optional.of(clock.nanoTime()))
        .recover(e -> wasWellLately() ? Future.succeededFuture() : Future.failedFuture(e))
        .onComplete(promise);
    return asked.answer;
  }

  private static boolean isFresh(Asked asked, long now) {
    return !asked.answer.isComplete() || now - asked.at < FRESH.toNanos();
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
