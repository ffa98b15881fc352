package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weir.testing.Eventually;
import dev.weir.testing.FaultyProxy;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
@Timeout(60)
class DatabaseClockIT {
  private static final Database.Limits IMPATIENT =
      new Database.Limits(
          3, 50, Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3));

  @Test
  void aDatabaseThatDoesNotAnswerAtOnceIsAskedAgain(TestDatabase database, Vertx vertx) {
    try (var proxy = FaultyProxy.before(database.serviceUrl().port()).blackHole(true)) {
      var pools = Database.open(vertx, database.through(proxy), IMPATIENT);
      var clock = new DatabaseClock();

      var anchored = clock.follow(vertx, pools);
      Eventually.until("it is asked twice", () -> proxy.accepted() >= 2);
      assertThat(anchored.isComplete()).isFalse();
      proxy.heal().cutNow();

      anchored.await();
      assertThat(clock.now()).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
      pools.close().await();
    }
  }
}
