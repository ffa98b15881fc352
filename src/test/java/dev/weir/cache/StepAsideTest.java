package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Eventually;
import dev.weir.testing.HandClock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StepAsideTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final HandClock clock = new HandClock();
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger aside = new AtomicInteger();

  private Future<String> run(StepAside guard, Future<String> work) {
    return guard.run(
        () -> {
          begun.incrementAndGet();
          return work;
        },
        "otherwise",
        aside::incrementAndGet);
  }

  @Test
  void workThatIsDoneInTimeGivesWhatItGives() {
    assertThat(run(new StepAside(LONG, 1, clock), Future.succeededFuture("done")).result())
        .isEqualTo("done");
    assertThat(aside).hasValue(0);
  }

  @Test
  void workThatFailsOrThrowsGivesTheOtherAndNeverFails() {
    var guard = new StepAside(LONG, 1, clock);

    assertThat(run(guard, Future.failedFuture("broken")).result()).isEqualTo("otherwise");
    assertThat(
            guard
                .run(
                    () -> {
                      throw new IllegalStateException("a bug");
                    },
                    "otherwise",
                    aside::incrementAndGet)
                .result())
        .isEqualTo("otherwise");
    assertThat(aside).hasValue(2);
  }

  @Test
  void workThatTakesTooLongIsGivenUpAndStillCountsAsUnderWay() {
    var guard = new StepAside(Duration.ofMillis(5), 1, clock);
    var slow = Promise.<String>promise();

    var given = run(guard, slow.future());
    Eventually.until("it is given up", given::isComplete);

    assertThat(given.result()).isEqualTo("otherwise");
    assertThat(run(guard, Future.succeededFuture("one more")).result())
        .as("there is room for one, and the slow one has it")
        .isEqualTo("otherwise");
    assertThat(begun).hasValue(1);
    slow.complete("at last");
    assertThat(run(guard, Future.succeededFuture("one more")).result()).isEqualTo("one more");
  }

  @Test
  void whoGivesUpGoesOnOnItsOwnEventLoop() {
    var vertx = Vertx.vertx();
    try {
      var guard = new StepAside(Duration.ofMillis(5), 1, clock);
      var asked = Promise.<Thread>promise();
      var told = Promise.<Thread>promise();

      vertx.runOnContext(
          _ -> {
            asked.complete(Thread.currentThread());
            guard
                .run(
                    () -> vertx.timer(1, TimeUnit.HOURS).map("late"),
                    "otherwise",
                    aside::incrementAndGet)
                .onSuccess(_ -> told.complete(Thread.currentThread()));
          });
      Eventually.until("it is given up", () -> told.future().isComplete());

      assertThat(aside).hasValue(1);
      assertThat(told.future().result()).isSameAs(asked.future().result());
    } finally {
      Eventually.until("it is closed", vertx.close()::isComplete);
    }
  }

  @Test
  void whatComesOfWorkThatWasGivenUpIsHandedOverOnce() {
    var guard = new StepAside(Duration.ofMillis(5), 1, clock);
    var slow = Promise.<String>promise();
    var late = new ArrayList<String>();

    var given = guard.run(slow::future, "otherwise", aside::incrementAndGet, late::add);
    Eventually.until("it is given up", given::isComplete);
    slow.complete("at last");

    assertThat(given.result()).isEqualTo("otherwise");
    assertThat(late).containsExactly("at last");
  }

  @Test
  void workThatIsDoneInTimeIsNotLate() {
    var late = new ArrayList<String>();

    var given =
        new StepAside(LONG, 1, clock)
            .run(() -> Future.succeededFuture("done"), "otherwise", () -> {}, late::add);

    assertThat(given.result()).isEqualTo("done");
    assertThat(late).isEmpty();
  }

  @Test
  void afterFiveFailuresInARowNobodyIsAskedForASecond() {
    var guard = new StepAside(LONG, 10, clock);
    for (var i = 0; i < 5; i++) {
      run(guard, Future.failedFuture("away"));
    }
    assertThat(begun).hasValue(5);

    run(guard, Future.succeededFuture("never asked"));
    clock.pass(Duration.ofMillis(999));
    run(guard, Future.succeededFuture("never asked"));
    assertThat(begun).hasValue(5);
    assertThat(aside).hasValue(7);

    clock.pass(Duration.ofMillis(1));
    assertThat(run(guard, Future.failedFuture("still away")).result()).isEqualTo("otherwise");
    assertThat(begun).as("one tries again").hasValue(6);
    run(guard, Future.succeededFuture("never asked"));
    assertThat(begun).as("and it rests again").hasValue(6);
    clock.pass(Duration.ofSeconds(1));
    assertThat(run(guard, Future.succeededFuture("back")).result()).isEqualTo("back");
    assertThat(run(guard, Future.failedFuture("once")).result()).isEqualTo("otherwise");
    assertThat(run(guard, Future.succeededFuture("back")).result())
        .as("a success forgives")
        .isEqualTo("back");
  }

  @Test
  void failuresThatASuccessInterruptsAreNoRow() {
    var guard = new StepAside(LONG, 10, clock);
    for (var i = 0; i < 20; i++) {
      run(guard, i % 5 == 4 ? Future.succeededFuture("well") : Future.failedFuture("away"));
    }

    assertThat(begun).hasValue(20);
  }
}
