package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.sqlclient.SqlConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A database that is stopped, killed or frozen fails a call in bounded time, and is used again when
 * it is back.
 */
@ExtendWith(VertxExtension.class)
@Timeout(180)
class DatabaseAwayIT {
  private static final Database.Limits IMPATIENT =
      new Database.Limits(
          3, 50, Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3));
  private static final Function<SqlConnection, Future<Integer>> WORK =
      connection -> connection.query("SELECT 1").execute().map(rows -> rows.size());

  @TempDir static Path data;
  private static EmbeddedPostgres server;

  @BeforeAll
  static void start() {
    server = EmbeddedPostgres.start(new EmbeddedPostgres.Settings(data, 0, false));
    Migrations.migrate(server.administratorUrl());
    Migrations.createLogin(server.administratorUrl(), server.serviceUrl());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void stoppedAndStartedAgain(Vertx vertx) {
    var url = server.serviceUrl();
    var pools = Database.open(vertx, url, IMPATIENT);
    assertThat(pools.ledger(WORK).await()).isOne();

    server.close();
    DatabaseIT.assertUnavailable(pools.ledger(WORK));
    DatabaseIT.assertUnavailable(pools.inUser("alice", WORK));
    DatabaseIT.assertUnavailable(pools.ping());
    server = EmbeddedPostgres.start(new EmbeddedPostgres.Settings(data, url.port(), false));

    assertThat(pools.ledger(WORK).await()).isOne();
    pools.ping().await();
    pools.close().await();
  }

  @Test
  void stoppedInTheMiddleOfATransaction(Vertx vertx) {
    var url = server.serviceUrl();
    var pools = Database.open(vertx, url, IMPATIENT);

    var broken =
        pools.ledger(
            connection ->
                connection
                    .query("SELECT 1")
                    .execute()
                    .compose(_ -> vertx.<Void>executeBlocking(DatabaseAwayIT::close))
                    .compose(_ -> connection.query("SELECT 2").execute()));

    DatabaseIT.assertUnavailable(broken);
    server = EmbeddedPostgres.start(new EmbeddedPostgres.Settings(data, url.port(), false));
    assertThat(pools.ledger(WORK).await()).isOne();
    pools.close().await();
  }

  @Test
  void frozenAndThawed(Vertx vertx) throws Exception {
    var pools = Database.open(vertx, server.serviceUrl(), IMPATIENT);
    assertThat(pools.ledger(WORK).await()).isOne();
    var processes = server.process().orElseThrow();

    signal("STOP", processes);
    try {
      var from = System.nanoTime();
      DatabaseIT.assertUnavailable(pools.ledger(WORK));
      DatabaseIT.assertUnavailable(pools.ping());
      assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(15));
    } finally {
      signal("CONT", processes);
    }

    // The pool still gets rid of what hung.
    assertThat(DatabaseIT.untilItAnswers(() -> pools.ledger(WORK), 20).await()).isOne();
    pools.close().await();
  }

  private static Void close() {
    server.close();
    return null;
  }

  private static void signal(String name, ProcessHandle server)
      throws IOException, InterruptedException {
    for (var process :
        java.util.stream.Stream.concat(server.descendants(), java.util.stream.Stream.of(server))
            .toList()) {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    }
  }
}
