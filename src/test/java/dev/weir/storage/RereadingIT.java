package dev.weir.storage;

import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** When it is read again, by a real database. */
@ExtendWith(TestDatabase.Extension.class)
class RereadingIT {
  private static final Duration NEVER = Duration.ofDays(1);

  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger reads = new AtomicInteger();
  private Notifications notifications;

  @BeforeEach
  void open(TestDatabase database) {
    notifications = Notifications.open(vertx, DatabaseUrl.parse(database.url()));
  }

  @AfterEach
  void close() {
    notifications.close().await();
    vertx.close().await();
  }

  private void follow(Duration look) {
    new Rereading(
            () -> {
              reads.incrementAndGet();
              return Future.succeededFuture();
            },
            look)
        .follow(vertx, notifications, "weir_test")
        .await();
    Eventually.until("the channel is heard, which is a reason to read", () -> reads.get() >= 2);
  }

  @Test
  void itIsReadWhenTheDatabaseNotifies(TestDatabase database) {
    follow(NEVER);
    var before = reads.get();

    database.execute("SELECT pg_notify('weir_test', '')");

    Eventually.until("it is read again", () -> reads.get() > before);
  }

  @Test
  void itIsReadWhenTheConnectionIsBackSinceWordMayHaveBeenLost() {
    follow(NEVER);
    var before = reads.get();

    notifications.reconnect();

    Eventually.until("it is read again", () -> reads.get() > before);
  }

  @Test
  void itIsReadFromTimeToTimeInAnyCase() {
    new Rereading(
            () -> {
              reads.incrementAndGet();
              return Future.failedFuture("away");
            },
            Duration.ofMillis(5))
        .follow(vertx, notifications, "weir_test");

    Eventually.until("it goes on, though every read fails", () -> reads.get() > 5);
  }
}
