package dev.weir.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Clock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventLoopLagTest {
  private final AtomicLong nanos = new AtomicLong();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final EventLoopLag lag = new EventLoopLag(new Hand(), registry, 2);

  @Test
  void aLoopThatBeatsInTimeIsNotLate() {
    pass(250);
    lag.beat(0);
    lag.beat(1);

    assertThat(lag.worst()).isZero();
  }

  @Test
  void aLateBeatIsMeasuredAndMetered() {
    pass(250);
    lag.beat(0);
    pass(70);
    lag.beat(1);

    assertThat(lag.worst()).isEqualTo(Duration.ofMillis(70));
    assertThat(registry.get("weir.event.loop.lag").timer().max(TimeUnit.MILLISECONDS))
        .isEqualTo(70);
  }

  @Test
  void aLoopThatDoesNotBeatAtAllShowsFromTheOthers() {
    pass(250);
    lag.beat(0);
    lag.beat(1);
    pass(5250);
    lag.beat(0);

    assertThat(lag.worst()).isGreaterThanOrEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void aBlockedEventLoopIsSeenInARealVertx() throws Exception {
    var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    var blocked = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    try {
      var real = new EventLoopLag(Clock.system(), registry, 1);
      real.watch(vertx).toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);

      vertx.runOnContext(
          _ -> {
            blocked.countDown();
            try {
              release.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException _) {
              Thread.currentThread().interrupt();
            }
          });
      // A beat that was late before this would be forgotten by the next.
      assertThat(blocked.await(20, TimeUnit.SECONDS)).isTrue();
      while (real.worst().compareTo(Duration.ofMillis(300)) < 0) {
        Thread.onSpinWait();
      }

      assertThat(real.worst()).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    } finally {
      release.countDown();
      vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  private void pass(long ms) {
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(ms));
  }

  private final class Hand implements Clock {
    @Override
    public Instant now() {
      return Instant.EPOCH.plusNanos(nanos.get());
    }

    @Override
    public long nanoTime() {
      return nanos.get();
    }
  }
}
