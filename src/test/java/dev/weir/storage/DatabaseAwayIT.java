package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.sqlclient.SqlConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A database that is stopped, killed or frozen fails a call in bounded time, and is used again when
 * it is back.
 */
@Order(2) // takes long: begins early
@ExtendWith(VertxExtension.class)
@Timeout(180)
class DatabaseAwayIT {
  private static final Database.Limits IMPATIENT =
      new Database.Limits(
          3, 50, Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3));

  /** A server that is not there refuses at once; one that has just started may take its time. */
  private static final Database.Limits PATIENT =
      new Database.Limits(
          3, 50, Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(30));

  private static final int PORT = quietPort();
  private static final Function<SqlConnection, Future<Integer>> WORK =
      connection -> connection.query("SELECT 1").execute().map(rows -> rows.size());

  @TempDir static Path data;
  private static EmbeddedPostgres server;

  @BeforeAll
  static void start() {
    server = start(data);
    Migrations.migrate(server.administratorUrl());
    Migrations.createLogin(server.administratorUrl(), server.serviceUrl());
  }

  private static EmbeddedPostgres start(Path directory) {
    return EmbeddedPostgres.start(new EmbeddedPostgres.Settings(directory, PORT, false));
  }

  /**
   * Below those that a system gives to whoever wants any, so that nobody takes it while the server
   * is down.
   */
  private static int quietPort() {
    while (true) {
      var port = ThreadLocalRandom.current().nextInt(20_000, 30_000);
      try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return port;
      } catch (IOException _) {
        // Somebody listens there; there are others.
      }
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void stoppedAndStartedAgain(Vertx vertx) {
    var pools = Database.open(vertx, server.serviceUrl(), PATIENT);
    assertThat(pools.ledger(WORK).await()).isOne();

    server.close();
    DatabaseIT.assertUnavailable(pools.ledger(WORK));
    DatabaseIT.assertUnavailable(pools.inUser("alice", WORK));
    DatabaseIT.assertUnavailable(pools.ping());
    server = start(data);

    assertThat(pools.ledger(WORK).await()).isOne();
    pools.ping().await();
    pools.close().await();
  }

  @Test
  void stoppedInTheMiddleOfATransaction(Vertx vertx) {
    var pools = Database.open(vertx, server.serviceUrl(), PATIENT);

    var broken =
        pools.ledger(
            connection ->
                connection
                    .query("SELECT 1")
                    .execute()
                    .compose(_ -> vertx.<Void>executeBlocking(DatabaseAwayIT::close))
                    .compose(_ -> connection.query("SELECT 2").execute()));

    DatabaseIT.assertUnavailable(broken);
    server = start(data);
    assertThat(pools.ledger(WORK).await()).isOne();
    pools.close().await();
  }

  @Test
  void frozenAndThawed(Vertx vertx) throws Exception {
    var pools = Database.open(vertx, server.serviceUrl(), IMPATIENT);
    assertThat(DatabaseIT.untilItAnswers(() -> pools.ledger(WORK), 20).await()).isOne();
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
