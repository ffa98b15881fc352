package dev.weir.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LargeWorkTest {
  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /** Where work was done, and where its result was taken. */
  private record Threads(Thread work, Thread result, Thread caller) {}

  private Threads threads(int bytes) throws Exception {
    return onLoop(
        work -> {
          var caller = Thread.currentThread();
          return work.of(bytes, Thread::currentThread)
              .map(worked -> new Threads(worked, Thread.currentThread(), caller));
        });
  }

  private interface Asking<T> {
    Future<T> of(LargeWork work);
  }

  private <T> T onLoop(Asking<T> asking) throws Exception {
    var done = new CompletableFuture<T>();
    context.runOnContext(
        _ ->
            asking
                .of(new LargeWork(vertx))
                .onComplete(done::complete, done::completeExceptionally));
    return done.get(20, TimeUnit.SECONDS);
  }

  @Test
  void whatIsSmallIsDoneThereAndThen() throws Exception {
    var threads = threads(LargeWork.FROM_BYTES - 1);

    assertThat(threads.work()).isSameAs(threads.caller());
  }

  @Test
  void whatIsLargeIsDoneElsewhereAndItsResultComesBackToTheCallersLoop() throws Exception {
    var threads = threads(LargeWork.FROM_BYTES);

    assertThat(threads.work()).isNotSameAs(threads.caller());
    assertThat(threads.result()).isSameAs(threads.caller());
  }

  @Test
  void eitherFailsWithWhatTheWorkThrows() throws Exception {
    for (var bytes : List.of(1, LargeWork.FROM_BYTES)) {
      Callable<String> refused =
          () -> {
            throw AIError.invalid("no");
          };

      var failure =
          onLoop(work -> work.of(bytes, refused).transform(r -> Future.succeededFuture(r.cause())));

      assertThat(failure).isInstanceOf(AIError.class);
    }
  }

  @Test
  void neverMoreAtOnceThanHalfTheProcessorsHoweverManyLoopsAsk() throws Exception {
    var most = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    var now = new AtomicInteger();
    var seen = new AtomicInteger();
    Callable<Integer> counted =
        () -> {
          seen.accumulateAndGet(now.incrementAndGet(), Math::max);
          Thread.yield();
          return now.decrementAndGet();
        };

    var all = new ArrayList<Future<Integer>>();
    onLoop(
        first -> {
          var second = new LargeWork(vertx);
          for (var i = 0; i < 200; i++) {
            all.add((i % 2 == 0 ? first : second).of(LargeWork.FROM_BYTES, counted));
          }
          return Future.all(all);
        });

    assertThat(seen.get()).isBetween(1, most);
  }
}
