package dev.weir.telemetry;

import dev.weir.core.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How late the event loops are: each beats four times a second, and what a beat is late by is what
 * every call on that loop waits for. A loop that is blocked does not beat at all, which shows from
 * the others. Thread-safe.
 */
public final class EventLoopLag {
  private static final Duration BEAT = Duration.ofMillis(250);

  private final Clock clock;
  private final Timer timer;
  private final AtomicLongArray lastBeat;
  private final AtomicLongArray lateBy;

  /**
   * A measure.
   *
   * @param clock tells durations
   * @param registry where {@code weir_event_loop_lag_seconds} is registered
   * @param loops event loops to watch: as many as Vert.x has
   */
  public EventLoopLag(Clock clock, MeterRegistry registry, int loops) {
    this.clock = clock;
    this.lastBeat = new AtomicLongArray(loops);
    this.lateBy = new AtomicLongArray(loops);
    this.timer =
        Timer.builder("weir.event.loop.lag")
            .description("How late a timer fires on an event loop")
            .register(registry);
    for (var i = 0; i < loops; i++) {
      lastBeat.set(i, clock.nanoTime());
    }
  }

  /** Starts to watch: one small verticle on each event loop, which ends with Vert.x. */
  public Future<Void> watch(Vertx vertx) {
    var next = new AtomicInteger();
    return vertx
        .deployVerticle(
            () -> new Heart(next.getAndIncrement()),
            new DeploymentOptions().setInstances(lastBeat.length()))
        .mapEmpty();
  }

  /** How late the latest loop is now; a loop that has stopped beating counts from its last beat. */
  public Duration worst() {
    var now = clock.nanoTime();
    var worst = 0L;
    for (var i = 0; i < lastBeat.length(); i++) {
      var silent = now - lastBeat.get(i) - BEAT.toNanos();
      worst = Math.max(worst, Math.max(silent, lateBy.get(i)));
    }
    return Duration.ofNanos(worst);
  }

  /** The beat of loop {@code i}, which ought to have been one interval after the last. */
  void beat(int i) {
    var now = clock.nanoTime();
    var late = Math.max(0, now - lastBeat.get(i) - BEAT.toNanos());
    lastBeat.set(i, now);
    lateBy.set(i, late);
    timer.record(Duration.ofNanos(late));
  }

  private final class Heart extends VerticleBase {
    private final int loop;

    Heart(int loop) {
      this.loop = loop;
    }

    @Override
    public Future<?> start() {
      lastBeat.set(loop, clock.nanoTime());
      vertx.setPeriodic(BEAT.toMillis(), _ -> beat(loop));
      return Future.succeededFuture();
    }
  }
}
