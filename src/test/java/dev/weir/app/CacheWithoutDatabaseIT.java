package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.storage.EmbeddedPostgres;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The database server is stopped under a Weir that serves from its cache. */
@Order(1) // takes long: begins early
@ExtendWith(TestDatabase.Extension.class)
class CacheWithoutDatabaseIT {
  @TempDir private static Path directory;

  /** How a call went. */
  private record Went(int status, String cache, String text, boolean down, long millis) {}

  @Test
  void callsGoOnWithoutIt(TestDatabase elsewhere) throws Exception {
    Files.createDirectories(directory.resolve("functions"));
    Files.writeString(
        directory.resolve("functions/told.yaml"),
        """
        name: told
        model: perplexity/sonar
        prompt: {user: "Tell of {{topic}}."}
        input: {type: object, required: [topic], properties: {topic: {type: string}}}
        cache: {ttl_s: 600}
        """);
    var server =
        EmbeddedPostgres.start(
            new EmbeddedPostgres.Settings(directory.resolve("postgres"), 0, false));
    var stop = stopped(server);
    try (stop;
        var fake = FakeProvider.start();
        var weir =
            RunningWeir.start(
                elsewhere,
                fake,
                "WEIR_DATABASE_URL",
                server.administratorUrl().withPassword(),
                "WEIR_DATABASE_MIGRATION_URL",
                server.administratorUrl().withPassword(),
                "WEIR_CACHE_MODE",
                "on",
                "WEIR_CACHE_PATIENCE",
                "2s",
                "WEIR_LIMITS_MODE",
                "off",
                "WEIR_FUNCTIONS_DIR",
                directory.resolve("functions").toString())) {
      fake.then(agentCompleted("of before")).always(agentCompleted("of after"));
      assertThat(call(weir, server, "one").cache()).isEqualTo("miss");
      Eventually.until("it is kept", () -> kept(server) == 1);
      Eventually.until(
          "the memory is trusted", () -> call(weir, server, "one").cache().equals("hit"));
      var calls = Collections.synchronizedList(new ArrayList<Went>());
      var enough = new AtomicBoolean();
      var caller =
          CompletableFuture.runAsync(
              () -> {
                while (!enough.get()) {
                  calls.add(call(weir, server, "one"));
                }
              });
      Eventually.until("it is called", () -> !calls.isEmpty());

      stop.close();

      Eventually.until("the memory is not trusted", () -> fake.requests().size() >= 10);
      Eventually.until(
          "calls go on once the server is gone",
          () -> {
            synchronized (calls) {
              return calls.stream().filter(Went::down).count() >= 10;
            }
          });
      enough.set(true);
      caller.join();
      assertThat(calls).extracting(Went::status).containsOnly(200);
      // First hits of what was kept, then, for good, the provider's answers.
      var hits = calls.stream().takeWhile(c -> c.cache().equals("hit")).toList();
      var rest = calls.subList(hits.size(), calls.size());
      assertThat(hits).isNotEmpty().extracting(Went::text).containsOnly("of before");
      assertThat(rest).isNotEmpty().extracting(Went::cache).containsOnly("miss");
      assertThat(rest).extracting(Went::text).containsOnly("of after");
      assertThat(rest).extracting(Went::down).as("the server was down").contains(true);
      var usual = rest.stream().map(Went::millis).sorted().toList().get(rest.size() / 2);
      assertThat(usual).as("nobody waits for a database that is away").isLessThan(1_000);
      assertThat(weir.management("/metrics").raw().body())
          .containsPattern("weir_cache_aside_total [1-9]");
    }
  }

  /** Stops a server once, in the middle of the test or at its end. */
  private interface Stop extends AutoCloseable {
    @Override
    void close();
  }

  private static Stop stopped(EmbeddedPostgres server) {
    var done = new AtomicBoolean();
    return () -> {
      if (done.compareAndSet(false, true)) {
        server.close();
      }
    };
  }

  private static Went call(RunningWeir weir, EmbeddedPostgres server, String topic) {
    var body = Json.object();
    body.putObject("input").put("topic", topic);
    var began = System.nanoTime();
    var down = isDown(server);
    var got = weir.callFunction("told", body);
    return new Went(
        got.status(),
        got.header("x-weir-cache"),
        got.json().at("/data/text").asText(),
        down,
        (System.nanoTime() - began) / 1_000_000);
  }

  private static boolean isDown(EmbeddedPostgres server) {
    try (var _ = new Socket(InetAddress.getLoopbackAddress(), server.administratorUrl().port())) {
      return false;
    } catch (ConnectException _) {
      return true;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static long kept(EmbeddedPostgres server) {
    var url = server.administratorUrl();
    try (var connection =
            DriverManager.getConnection(
                "jdbc:postgresql://%s:%d/%s".formatted(url.host(), url.port(), url.database()),
                url.user(),
                url.password());
        var rows =
            connection.createStatement().executeQuery("SELECT count(*) FROM response_cache")) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
