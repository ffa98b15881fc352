package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * Keeps each attempt waiting until its provider can take it, by the process's {@link Throttles};
 * turns it away where too many wait, which sends the call to its fallback. Stands before money is
 * reserved, so that what waits holds none. A place is given back once, on whichever path the
 * attempt ends. Runs on the call's event loop.
 */
public final class ThrottleStage implements Stage {
  private final Throttles throttles;
  private final Clock clock;

  /**
   * A throttle stage.
   *
   * @param throttles the process's limits
   * @param clock measures how long an answer took
   */
  public ThrottleStage(Throttles throttles, Clock clock) {
    this.throttles = throttles;
    this.clock = clock;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    var throttle = throttles.of(x.currentAttempt().target().servedBy());
    return throttle.isEmpty()
        ? next.proceed(x)
        : throttle.get().enter(x).compose(_ -> new Place(throttle.get(), x).run(next));
  }

  /** A place that was taken. Confined to the call's event loop. */
  private final class Place {
    private final Throttle throttle;
    private final Exchange x;
    private final long began = clock.nanoTime();
    private Runnable unlisten = () -> {};
    private boolean left;
    private long took;
    private boolean stream;

    private Place(Throttle throttle, Exchange x) {
      this.throttle = throttle;
      this.x = x;
    }

    Future<Reply> run(Chain next) {
      // Cancelled while it waited: the place is given back unused.
      var cancelled = x.cancellation().reason();
      if (cancelled.isPresent()) {
        leave(Verdict.UNKNOWN);
        return Future.failedFuture(cancelled.get());
      }
      unlisten = x.cancellation().onCancel(this::failed);
      return next.proceed(x).onFailure(e -> failed(AIError.from(e))).map(this::answered);
    }

    private Reply answered(Reply reply) {
      took = clock.nanoTime() - began;
      stream = reply instanceof Reply.Streamed;
      // How long Weir's own candidates take says nothing of how callers are served.
      var well = x.principal().isWeir() ? Verdict.UNKNOWN : Verdict.WELL;
      return reply.observed(_ -> leave(well), this::failed);
    }

    private void failed(AIError error) {
      leave(Verdict.of(error, x, Duration.ofNanos(clock.nanoTime() - began)));
    }

    private void leave(Verdict verdict) {
      if (!left) {
        left = true;
        unlisten.run();
        throttle.leave(verdict, took, stream);
      }
    }
  }
}
