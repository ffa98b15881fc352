package dev.weir.evaluation;

import dev.weir.contents.Contents;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What is done with a call that has ended, on a worker thread and not on the call's event loop: its
 * trees are written out and judged by another schema, which takes its time for large ones. A
 * bounded number of calls waits for it; of what comes beyond nothing is kept or copied.
 * Thread-safe.
 */
final class Afterwards {
  private static final Logger LOG = LogManager.getLogger(Afterwards.class);

  /** Calls that wait or are at work. */
  static final int MOST = 256;

  private final Vertx vertx;
  private final Contents contents;
  private final ShadowCalls calls;
  private final AtomicInteger waiting = new AtomicInteger();

  Afterwards(Vertx vertx, Contents contents, ShadowCalls calls) {
    this.vertx = vertx;
    this.contents = contents;
    this.calls = calls;
  }

  /** Keeps the call's content if it may be kept, and has the candidate answer if it was drawn. */
  void of(Live live, Optional<Shadow> shadow) {
    if (waiting.incrementAndGet() > MOST) {
      waiting.decrementAndGet();
      live.expiry().ifPresent(_ -> contents.missed());
      shadow.ifPresent(s -> calls.missed(s, ShadowCalls.BUSY));
      return;
    }
    vertx
        .executeBlocking(
            () -> {
              live.content().ifPresent(contents::keep);
              shadow.ifPresent(s -> calls.send(s, live));
              return true;
            },
            false)
        .onComplete((_, _) -> waiting.decrementAndGet())
        // By its kind only: what it says may hold what was asked.
        .onFailure(e -> LOG.error("A call could not be sampled: {}", e.getClass().getName()));
  }
}
