package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import dev.weir.testing.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The response cache of a node whose connection for notifications breaks. */
@ExtendWith(TestDatabase.Extension.class)
class CacheReconnectIT {
  private static final Duration A_SECOND = Duration.ofMillis(1_100);

  /** Backends that LISTEN, by what the service says on no other connection. */
  private static final String LISTENING =
      """
      FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename <> current_user
        AND (query = 'SELECT pg_notify($1, $2)' OR query LIKE 'LISTEN %')
      """;

  @TempDir private Path functions;
  private TestDatabase database;
  private FakeProvider fake;
  private RunningWeir weir;

  @BeforeEach
  void start(TestDatabase given) throws IOException {
    database = given;
    database.execute("TRUNCATE response_cache");
    Files.writeString(
        functions.resolve("told.yaml"),
        """
        name: told
        model: perplexity/sonar
        prompt: {user: "Tell of {{topic}}."}
        input: {type: object, required: [topic], properties: {topic: {type: string}}}
        cache: {ttl_s: 600}
        """);
    fake = FakeProvider.start();
    weir =
        RunningWeir.start(
            database,
            fake,
            "WEIR_CACHE_MODE",
            "on",
            "WEIR_CACHE_PATIENCE",
            "5s",
            "WEIR_LIMITS_MODE",
            "off",
            "WEIR_FUNCTIONS_DIR",
            functions.toString());
  }

  @AfterEach
  void stop() {
    weir.close();
    fake.close();
  }

  private RunningWeir.Got call(String topic) {
    var body = Json.object();
    body.putObject("input").put("topic", topic);
    return weir.callFunction("told", body);
  }

  private static String text(RunningWeir.Got got) {
    return got.json().at("/data/text").asText();
  }

  private static void passes(Duration time) {
    var began = System.nanoTime();
    Eventually.until(time + " pass", () -> System.nanoTime() - began > time.toNanos());
  }

  private long listening() {
    return database.count("SELECT count(*) " + LISTENING);
  }

  /** Answers in the node's memory. */
  private double inMemory() {
    return weir.meter("weir_cache_entries");
  }

  /** Whether the node's memory is what answers. */
  private boolean trusted() {
    return weir.meter("weir_cache_trusted") == 1;
  }

  /** So many answers of now are in the database. */
  private void awaitStored(long answers) {
    Eventually.until(
        answers + " are in the database",
        () ->
            database.count(
                    "SELECT count(*) FROM response_cache WHERE weir_cache_valid(cache_key,"
                        + " user_id, function_name, function_version, generation)")
                == answers);
  }

  /** So many of the service's connections may be opened from now on; those there are stay. */
  private void mayConnect(int most) {
    database.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT "
            + most
            + "', current_database()); END $$");
  }

  @Test
  void whatWasInvalidatedWhileNobodyHeardIsGoneAndTheMemoryBeginsEmpty() {
    fake.then(agentCompleted("old")).then(agentCompleted("old, too"));
    call("one");
    call("two");
    awaitStored(2);
    assertThat(call("one").header("x-weir-cache")).isEqualTo("hit");
    assertThat(inMemory()).isEqualTo(2);
    Eventually.until("it listens", () -> listening() == 1);

    mayConnect(0);
    try {
      database.execute("SELECT pg_terminate_backend(pid) " + LISTENING);
      Eventually.until("nobody listens", () -> listening() == 0);
      database.execute("SELECT weir_cache_invalidate('function', 'told')");
      passes(A_SECOND);
      assertThat(trusted()).isFalse();
      fake.then(agentCompleted("new, too"));
      assertThat(text(call("two"))).as("the memory is not trusted now").isEqualTo("new, too");
      assertThat(listening()).isZero();
    } finally {
      mayConnect(-1);
    }

    Eventually.until("it listens again", () -> listening() == 1 && trusted());
    passes(A_SECOND);
    fake.then(agentCompleted("new"));
    var after = call("one");
    assertThat(text(after)).as(after.raw().body()).isEqualTo("new");
    assertThat(after.header("x-weir-cache")).isEqualTo("miss");
    Eventually.until("the memory began anew: this is all there is", () -> inMemory() == 1);
    awaitStored(1);

    // Words come through by the new connection: the memory is trusted, and told of the next one.
    var again = call("one");
    assertThat(text(again)).isEqualTo("new");
    assertThat(again.header("x-weir-cache")).isEqualTo("hit");
    database.execute("SELECT weir_cache_invalidate('function', 'told')");
    passes(A_SECOND);
    fake.then(agentCompleted("newest"));
    assertThat(text(call("one"))).isEqualTo("newest");
  }

  @Test
  void whoComesAfterAnInvalidationThatNobodyHeardDoesNotJoinAFlightOfBefore() {
    Eventually.until("it listens", () -> listening() == 1);
    var topic = "a flight";
    var gate = new CompletableFuture<Void>();
    fake.then(Turn.answer("of before").once(gate));
    var asked = fake.requests().size();
    var leader = CompletableFuture.supplyAsync(() -> call(topic));
    Eventually.until("the provider was asked", () -> fake.requests().size() > asked);

    mayConnect(0);
    try {
      database.execute("SELECT pg_terminate_backend(pid) " + LISTENING);
      Eventually.until("nobody listens", () -> listening() == 0);
      database.execute("SELECT weir_cache_invalidate('function', 'told')");
      passes(A_SECOND);
      fake.then(agentCompleted("of after"));

      var late = call(topic);

      assertThat(leader.isDone()).as("the flight of before is still under way").isFalse();
      assertThat(text(late)).isEqualTo("of after");
      gate.complete(null);
      assertThat(text(leader.join())).as("its own caller gets it").isEqualTo("of before");
    } finally {
      mayConnect(-1);
    }
  }
}
