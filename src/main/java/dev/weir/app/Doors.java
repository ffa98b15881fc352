package dev.weir.app;

import dev.weir.core.Clock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The doors of all event loops: opened together, drained and closed together. Blocks; belongs to
 * the thread that starts and stops the service, but for {@link #inFlight}.
 */
final class Doors {
  private static final Logger LOG = LogManager.getLogger(Doors.class);
  private static final Duration OPEN = Duration.ofSeconds(30);
  private static final Duration CLOSE = Duration.ofSeconds(5);
  private static final Duration LOOK = Duration.ofMillis(20);

  private final Vertx vertx;
  private final List<GatewayVerticle> verticles;
  private final Clock clock;

  Doors(Vertx vertx, List<GatewayVerticle> verticles, Clock clock) {
    this.vertx = vertx;
    this.verticles = verticles;
    this.clock = clock;
  }

  /** Opens them all, or fails with the reason why one cannot be. */
  void open() {
    var opened = verticles.stream().map(vertx::deployVerticle).toList();
    Waiting.on(Future.all(opened), OPEN, "The public port");
  }

  /** The port that they share. */
  int port() {
    return verticles.getFirst().port();
  }

  /** Calls that are being answered. Any thread. */
  int inFlight() {
    return verticles.stream().mapToInt(GatewayVerticle::inFlight).sum();
  }

  /**
   * Waits until the calls under way are answered, at most so long; new ones have to be refused
   * before.
   */
  void drain(Duration atMost) throws InterruptedException {
    var began = clock.nanoTime();
    var running = inFlight();
    if (running > 0) {
      LOG.info("Shutting down: {} calls under way", running);
    }
    while (inFlight() > 0 && clock.nanoTime() - began < atMost.toNanos()) {
      Thread.sleep(LOOK);
    }
    if (inFlight() > 0) {
      LOG.warn("{} calls are cut off: the drain of {} s is over", inFlight(), atMost.toSeconds());
    }
  }

  /** Closes them, and with them every connection. */
  void close() {
    var closed = verticles.stream().map(v -> vertx.undeploy(v.deploymentID())).toList();
    Waiting.on(Future.join(closed), CLOSE, "closing the doors");
  }
}
