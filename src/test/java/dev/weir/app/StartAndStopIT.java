package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.storage.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Weir as a developer runs it: a process with its own database, real signals, nothing left behind.
 */
@Order(1) // takes long: begins early
class StartAndStopIT {
  @TempDir private Path folder;

  @Test
  void ctrlCEndsEverythingInOrderAndARestartKeepsKeysAndRows() throws IOException {
    String demoKey;
    try (var weir = WeirProcess.start(folder)) {
      demoKey = weir.found("demo key +(\\S+)");
      assertThat(weir.chat("perplexity/sonar")).isEqualTo(200);

      weir.signal("INT").awaitEnd();

      weir.awaitNothingLeft();
    }
    assertThat(rows()).isEqualTo(1);
    try (var weir = WeirProcess.start(folder)) {
      assertThat(weir.found("demo key +(\\S+)")).isEqualTo(demoKey);
      assertThat(weir.chat("perplexity/sonar")).isEqualTo(200);
      weir.signal("INT").awaitEnd();
    }
    assertThat(rows()).isEqualTo(2);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("dev-keys"))))
        .isEqualTo("rw-------");
  }

  @Test
  void aStartAfterAKillOfTheProcessRecovers() {
    try (var killed = WeirProcess.start(folder)) {
      assertThat(killed.chat("perplexity/sonar")).isEqualTo(200);
      killed.signal("KILL").awaitEnd();
      assertThat(killed.processes()).as("the database outlives the kill").isNotEmpty();

      try (var weir = WeirProcess.start(folder)) {
        assertThat(weir.chat("perplexity/sonar")).isEqualTo(200);
        weir.signal("INT").awaitEnd();
        weir.awaitNothingLeft();
      }
    }
  }

  @Test
  void aCallUnderWayIsAnsweredAndRecordedBeforeTheEnd() {
    try (var weir = WeirProcess.start(folder)) {
      var call = CompletableFuture.supplyAsync(() -> weir.chat("sandbox/slow-5000ms"));
      weir.awaitMetric("weir_calls_in_flight 1.0");

      weir.signal("TERM");

      assertThat(call.join()).isEqualTo(200);
      weir.awaitEnd();

      weir.awaitNothingLeft();
    }
    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void aBusyPortIsNamedTogetherWithTheSettingThatMovesIt() throws IOException {
    try (var busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var weir =
            WeirProcess.launch(
                folder, Map.of("WEIR_HTTP_LISTEN", "127.0.0.1:" + busy.getLocalPort()))) {

      assertThat(weir.awaitEnd()).isNotZero();

      assertThat(weir.output())
          .contains(String.valueOf(busy.getLocalPort()))
          .contains("WEIR_HTTP_LISTEN");
      weir.awaitNothingLeft();
    }
  }

  @Test
  void prodRefusesToStartWithoutADatabaseAndSaysWhatToSet() {
    try (var weir = WeirProcess.launch(folder, Map.of("WEIR_MODE", "prod"))) {

      assertThat(weir.awaitEnd()).isNotZero();

      assertThat(weir.output()).contains("WEIR_DATABASE_URL").contains("WEIR_DATABASE_EMBEDDED");
    }
  }

  private long rows() {
    try (var server = EmbeddedPostgres.start(new EmbeddedPostgres.Settings(folder, 0, false))) {
      var url = server.administratorUrl();
      try (var connection =
              DriverManager.getConnection(
                  "jdbc:postgresql://" + url.host() + ":" + url.port() + "/" + url.database(),
                  url.user(),
                  url.password());
          var statement = connection.createStatement();
          var rows = statement.executeQuery("SELECT count(*) FROM ai_usage_metrics")) {
        rows.next();
        return rows.getLong(1);
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
