package dev.weir.core;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.Objects;
import java.util.concurrent.Callable;

/**
 * Translates what is so large that it would hold an event loop up, such as lists of a million
 * numbers: on a few threads of its own, half as many as there are processors, so that the loops
 * keep theirs, and what it needs of memory is needed so few times at once. One per event loop; the
 * threads are the process's. Whoever makes it in a verticle need not close it: that ends with the
 * verticle.
 */
public final class LargeWork {
  /** From how many bytes of JSON on it is for: some milliseconds' work. */
  public static final int FROM_BYTES = 256 << 10;

  private final WorkerExecutor threads;

  /** Work for one event loop. */
  public LargeWork(Vertx vertx) {
    threads =
        vertx.createSharedWorkerExecutor(
            "weir-large-work", Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
  }

  /**
   * The result of {@code work}, on the caller's event loop again: there and then for a small one,
   * else after it had its turn. Fails with what it throws.
   *
   * @param bytes how much JSON it reads or writes, about
   * @param work must touch nothing that belongs to an event loop
   */
  public <T> Future<T> of(long bytes, Callable<T> work) {
    if (bytes >= FROM_BYTES) {
      return threads.executeBlocking(work, false).map(Objects::requireNonNull);
    }
    try {
      return Future.succeededFuture(work.call());
    } catch (Exception e) {
      return Future.failedFuture(e);
    }
  }
}
