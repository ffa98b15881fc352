package dev.weir.journal;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Group commit: one thread forces segments to disk for everybody who waits, so that the number of
 * syncs depends on the disk and not on the number of calls.
 */
final class Sync implements AutoCloseable {
  private final LinkedBlockingQueue<Waiter> waiting = new LinkedBlockingQueue<>();
  private final Thread thread =
      Thread.ofPlatform().name("weir-journal-sync").daemon().unstarted(this::run);

  private record Waiter(Segment segment, CompletableFuture<Void> done) {}

  void start() {
    thread.start();
  }

  CompletableFuture<Void> wait(Segment segment) {
    var done = new CompletableFuture<Void>();
    waiting.add(new Waiter(segment, done));
    return done;
  }

  private void run() {
    var group = new ArrayList<Waiter>();
    while (!Thread.currentThread().isInterrupted()) {
      try {
        group.add(waiting.take());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      waiting.drainTo(group);
      commit(group);
      group.clear();
    }
  }

  private static void commit(List<Waiter> group) {
    var segments = new LinkedHashSet<Segment>();
    group.forEach(w -> segments.add(w.segment()));
    try {
      segments.forEach(Segment::force);
      group.forEach(w -> w.done().complete(null));
    } catch (RuntimeException e) {
      // Whatever it is, it ends this group's wait and not the thread.
      group.forEach(w -> w.done().completeExceptionally(e));
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
