package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static dev.weir.testing.Turn.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import dev.weir.testing.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The response cache of two nodes on one database. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CacheReplicasIT {
  private static final AtomicInteger TOPICS = new AtomicInteger();
  private static final Duration A_SECOND = Duration.ofMillis(1_100);

  private static final String VALID =
      "WHERE function_name = ? AND weir_cache_valid(cache_key, user_id, function_name,"
          + " function_version, generation)";

  @TempDir private static Path functions;
  private TestDatabase database;
  private FakeProvider fake;
  private RunningWeir one;
  private RunningWeir two;

  private static void function(String name, String cache) {
    try {
      Files.writeString(
          functions.resolve(name + ".yaml"),
          """
          name: %s
          model: perplexity/sonar
          prompt: {user: "Tell of {{topic}}."}
          input: {type: object, required: [topic], properties: {topic: {type: string}}}
          retry: {max_attempts: 1}
          cache: %s
          """
              .formatted(name, cache));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeAll
  void start(TestDatabase given) {
    database = given;
    for (var name : List.of("gone", "scoped", "flying", "spoilt", "slow", "counted", "own")) {
      function(name, "{ttl_s: 600}");
    }
    function("costly", "{ttl_s: 600, expensive: true}");
    function("raced", "{ttl_s: 600, expensive: true}");
    function("steady", "{ttl_s: 1, stale_if_error_s: 600}");
    fake = FakeProvider.start();
    one = start("5s");
    two = start("5s");
  }

  private RunningWeir start(String patience) {
    return RunningWeir.start(
        database,
        fake,
        "WEIR_CACHE_MODE",
        "on",
        "WEIR_CACHE_PATIENCE",
        patience,
        "WEIR_LIMITS_MODE",
        "off",
        "WEIR_BREAKER_FAILURES",
        "1000",
        "WEIR_FUNCTIONS_DIR",
        functions.toString());
  }

  @AfterAll
  void stop() {
    two.close();
    one.close();
    fake.close();
  }

  private static String topic() {
    return "topic " + TOPICS.incrementAndGet();
  }

  private static RunningWeir.Got call(RunningWeir weir, String function, String topic) {
    var body = Json.object();
    body.putObject("input").put("topic", topic);
    return weir.callFunction(function, body);
  }

  private static String text(RunningWeir.Got got) {
    return got.json().at("/data/text").asText();
  }

  private static String cache(RunningWeir.Got got) {
    return got.header("x-weir-cache");
  }

  private void awaitStored(String function, long rows) {
    Eventually.until(
        "it is in the database",
        () ->
            database.count("SELECT count(*) FROM response_cache WHERE function_name = ?", function)
                >= rows);
  }

  private int asked() {
    return fake.requests().size();
  }

  private void awaitAsked(int requests) {
    Eventually.until("the provider was asked", () -> asked() >= requests);
  }

  private static void passes(Duration time) {
    var began = System.nanoTime();
    Eventually.until(time + " pass", () -> System.nanoTime() - began > time.toNanos());
  }

  private void invalidate(RunningWeir by, String subject) {
    var done = by.admin("POST", "/api/cache/invalidate", subject);
    assertThat(done.status()).as(done.raw().body()).isEqualTo(200);
  }

  @Test
  void anInvalidationIsSeenByTheOtherNodeWithinASecond() {
    var topic = topic();
    fake.then(agentCompleted("old")).then(agentCompleted("new"));
    call(one, "gone", topic);
    awaitStored("gone", 1);
    assertThat(cache(call(two, "gone", topic))).isEqualTo("hit");
    assertThat(cache(call(two, "gone", topic))).as("from memory").isEqualTo("hit");

    invalidate(one, "{\"function\": \"gone\"}");
    passes(A_SECOND);

    var after = call(two, "gone", topic);
    assertThat(text(after)).isEqualTo("new");
    assertThat(cache(after)).isEqualTo("miss");
    Eventually.until(
        "the new answer is in the database",
        () -> database.count("SELECT count(*) FROM response_cache c " + VALID, "gone") == 1);
    assertThat(text(call(one, "gone", topic))).isEqualTo("new");
    Eventually.until(
        "the old row is cleaned away or replaced",
        () ->
            database.count("SELECT count(*) FROM response_cache WHERE function_name = 'gone'")
                == database.count("SELECT count(*) FROM response_cache c " + VALID, "gone"));
  }

  @Test
  void whoIsToldThatItIsDoneIsServedNothingOlderByTheSameNode() {
    var topic = topic();
    fake.then(agentCompleted("0"));
    assertThat(text(call(one, "own", topic))).isEqualTo("0");

    // Many times: the word of it by the database is often as quick as the answer.
    for (var i = 1; i <= 100; i++) {
      fake.then(agentCompleted(String.valueOf(i)));
      invalidate(one, "{\"function\": \"own\"}");

      assertThat(text(call(one, "own", topic))).isEqualTo(String.valueOf(i));
    }
  }

  @Test
  void byUserByVersionAndByKeyOnlyWhatBelongsToThemGoes() {
    var topic = topic();
    fake.then(agentCompleted("1")).then(agentCompleted("2")).then(agentCompleted("3"));
    fake.then(agentCompleted("4"));
    var first = call(one, "scoped", topic);
    awaitStored("scoped", 1);
    var key = first.header("x-weir-cache-key");
    var version = first.json().at("/meta/version").asText();

    invalidate(two, "{\"user\": \"somebody-else\"}");
    invalidate(two, "{\"function\": \"scoped\", \"version\": \"000000000000\"}");
    passes(A_SECOND);
    assertThat(text(call(one, "scoped", topic))).isEqualTo("1");

    invalidate(two, "{\"user\": \"demo\"}");
    passes(A_SECOND);
    assertThat(text(call(one, "scoped", topic))).isEqualTo("2");

    invalidate(two, "{\"function\": \"scoped\", \"version\": \"" + version + "\"}");
    passes(A_SECOND);
    assertThat(text(call(one, "scoped", topic))).isEqualTo("3");

    invalidate(two, "{\"key\": \"" + key + "\"}");
    passes(A_SECOND);
    assertThat(text(call(one, "scoped", topic))).isEqualTo("4");

    assertThat(one.admin("POST", "/api/cache/invalidate", "{}").status()).isEqualTo(400);
    assertThat(one.admin("POST", "/api/cache/invalidate", "{\"all\": \"true\"}").status())
        .isEqualTo(400);
    assertThat(
            one.admin("POST", "/api/cache/invalidate", "{\"user\": \"a\", \"all\": true}").status())
        .isEqualTo(400);
    assertThat(one.admin("POST", "/api/cache/invalidate", "{\"key\": \"x\"}").status())
        .isEqualTo(400);
  }

  @Test
  void anAnswerInFlightWhenItsGenerationMovesIsKeptNowhere() {
    var topic = topic();
    var gate = new CompletableFuture<Void>();
    fake.then(Turn.answer("before").once(gate)).then(agentCompleted("after"));
    var before = asked();
    var flying = CompletableFuture.supplyAsync(() -> call(one, "flying", topic));
    awaitAsked(before + 1);

    invalidate(two, "{\"function\": \"flying\"}");
    gate.complete(null);

    assertThat(text(flying.join())).as("its own caller gets it").isEqualTo("before");
    passes(A_SECOND);
    assertThat(text(call(two, "flying", topic))).isEqualTo("after");
    awaitStored("flying", 1);
    assertThat(text(call(one, "flying", topic))).isEqualTo("after");
  }

  @Test
  void anExpensiveFunctionFliesOnceOnBothNodes() throws Exception {
    var topic = topic();
    var gate = new CompletableFuture<Void>();
    fake.then(Turn.answer("one answer").once(gate));
    var before = asked();

    var leader = CompletableFuture.supplyAsync(() -> call(one, "costly", topic));
    awaitAsked(before + 1);
    var late = lookedBefore(() -> {}, "costly", topic);
    gate.complete(null);
    var follower = late.join();

    assertThat(cache(leader.join())).isEqualTo("miss");
    assertThat(cache(follower)).isEqualTo("coalesced");
    assertThat(text(follower)).isEqualTo("one answer");
    assertThat(follower.json().at("/meta/cost_usd").asInt(-1)).isZero();
    assertThat(asked()).isEqualTo(before + 1);
  }

  @Test
  void aFlightThatEndsBetweenALookAndALeadIsNotFlownAgain() throws Exception {
    var topic = topic();
    fake.then(agentCompleted("flown once"));
    call(one, "raced", topic);
    awaitStored("raced", 1);
    var key = database.value("SELECT cache_key FROM response_cache WHERE function_name = 'raced'");
    var nowhere = "0".repeat(64);
    database.execute("UPDATE response_cache SET cache_key = ? WHERE cache_key = ?", nowhere, key);
    var before = asked();

    var late =
        lookedBefore(
            () ->
                database.execute(
                    "UPDATE response_cache SET cache_key = ? WHERE cache_key = ?", key, nowhere),
            "raced",
            topic);

    assertThat(cache(late.join())).isEqualTo("coalesced");
    assertThat(text(late.join())).isEqualTo("flown once");
    assertThat(asked()).isEqualTo(before);
    Eventually.until(
        "its own flight has ended",
        () ->
            database.count(
                    "SELECT count(*) FROM cache_flights WHERE cache_key = ? AND state = 'flying'",
                    key)
                == 0);
  }

  /** A call of the other node, which had looked before this was done, and then asked to lead. */
  private CompletableFuture<RunningWeir.Got> lookedBefore(
      Runnable done, String function, String topic) throws SQLException {
    try (var wire = database.connect();
        var statement = wire.createStatement()) {
      wire.setAutoCommit(false);
      statement.execute("LOCK TABLE cache_flights IN ACCESS EXCLUSIVE MODE");
      var late = CompletableFuture.supplyAsync(() -> call(two, function, topic));
      Eventually.until("it has looked, and asks for the lead", () -> askingToLead() == 1);
      done.run();
      wire.commit();
      Eventually.until("it was told who leads", () -> askingToLead() == 0);
      return late;
    }
  }

  private long askingToLead() {
    return database.count(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            + " AND wait_event_type = 'Lock' AND query LIKE '%weir_flight_begin%'");
  }

  @Test
  void aFlightThatFailsElsewhereLetsThisNodeLead() throws Exception {
    var topic = topic();
    var gate = new CompletableFuture<Void>();
    fake.then(status(400).errorCode("invalid_request").once(gate)).then(agentCompleted("mine"));
    var before = asked();

    var leader = CompletableFuture.supplyAsync(() -> call(one, "costly", topic));
    awaitAsked(before + 1);
    var late = lookedBefore(() -> {}, "costly", topic);
    gate.complete(null);
    var follower = late.join();

    assertThat(leader.join().status()).isGreaterThanOrEqualTo(400);
    assertThat(text(follower)).as(follower.raw().body()).isEqualTo("mine");
    assertThat(asked()).isEqualTo(before + 2);
  }

  @Test
  void aLeadWhoseNodeIsGoneLapsesAndWhatItStoresLateIsRefused() {
    var topic = topic();
    fake.then(agentCompleted("first")).then(agentCompleted("second"));
    // Those of other tests.
    database.execute("DELETE FROM cache_flights");
    call(one, "costly", topic);
    Eventually.until(
        "its flight has landed",
        () -> database.count("SELECT count(*) FROM cache_flights WHERE state = 'stored'") == 1);
    var key =
        database.value("SELECT cache_key FROM cache_flights WHERE state = 'stored'").toString();
    database.execute(
        "UPDATE cache_flights SET state = 'flying', epoch = 7, holder = gen_random_uuid(),"
            + " expires_at = now() + interval '1 second' WHERE cache_key = ?",
        key);
    invalidate(one, "{\"key\": \"" + key + "\"}");
    passes(A_SECOND);

    assertThat(text(call(two, "costly", topic))).isEqualTo("second");
    Eventually.until(
        "the new leader's epoch is higher, and it has stored",
        () ->
            database.count(
                    "SELECT count(*) FROM cache_flights WHERE cache_key = ? AND epoch = 8 AND state"
                        + " = 'stored'",
                    key)
                == 1);
    assertThat(
            database.value(
                "SELECT weir_cache_store(?, 'demo', 'costly', '1', '', '', '', '', '\\x00', NULL,"
                    + " 0, 0, 60, 0,"
                    + " '{9223372036854775807,9223372036854775807,9223372036854775807,9223372036854775807,9223372036854775807}',"
                    + " NULL, NULL, 7)",
                key))
        .as("the store of who was overtaken")
        .isEqualTo(false);
  }

  @Test
  void brokenOldAndForeignRowsAreMissesThatAreCounted() {
    var topics = new String[] {topic(), topic(), topic()};
    for (var topic : topics) {
      call(one, "spoilt", topic);
    }
    awaitStored("spoilt", 3);
    var spoilt =
        new String[] {
          "cache_data = (SELECT cache_data FROM response_cache WHERE cache_key <> r.cache_key AND"
              + " function_name = 'spoilt' AND get_byte(cache_data, 4) = 1 ORDER BY created_at DESC"
              + " LIMIT 1)",
          "cache_data = set_byte(cache_data, length(cache_data) - 1, (get_byte(cache_data,"
              + " length(cache_data) - 1) + 1) % 256)",
          "cache_data = set_byte(cache_data, 4, 0)"
        };
    var keys =
        database.query(
            "SELECT cache_key FROM response_cache WHERE function_name = 'spoilt' ORDER BY"
                + " created_at DESC LIMIT 3");
    for (var i = 0; i < 3; i++) {
      database.execute(
          "UPDATE response_cache r SET " + spoilt[i] + " WHERE cache_key = ?",
          keys.get(2 - i).get("cache_key"));
    }

    for (var topic : topics) {
      var got = call(two, "spoilt", topic);
      assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
      assertThat(cache(got)).isEqualTo("miss");
    }
    var metrics = two.management("/metrics").raw().body();
    assertThat(metrics).contains("weir_cache_flaws_total{reason=\"corrupt\"} 1.0");
    assertThat(metrics).contains("weir_cache_flaws_total{reason=\"other_format\"} 1.0");
    assertThat(metrics).contains("weir_cache_flaws_total{reason=\"foreign\"} 1.0");
  }

  @Test
  void whileTheDatabaseIsSlowTheSecondLevelStepsAside() throws Exception {
    try (var hasty = start("30ms");
        var lock = database.connect();
        var statement = lock.createStatement()) {
      lock.setAutoCommit(false);
      statement.execute("LOCK TABLE response_cache IN ACCESS EXCLUSIVE MODE");
      fake.then(agentCompleted("without it"));

      var got = call(hasty, "slow", topic());

      assertThat(text(got)).as(got.raw().body()).isEqualTo("without it");
      assertThat(cache(got)).isEqualTo("miss");
      assertThat(hasty.management("/metrics").raw().body())
          .containsPattern("weir_cache_aside_total [1-9]");
      lock.rollback();
    }
  }

  @Test
  void whileTheDatabaseIsSlowAnExpensiveFunctionFliesAloneAndKeepsNobodyElseWaiting()
      throws Exception {
    try (var hasty = start("30ms");
        var lock = database.connect();
        var statement = lock.createStatement()) {
      lock.setAutoCommit(false);
      statement.execute("LOCK TABLE cache_flights IN ACCESS EXCLUSIVE MODE");
      fake.then(agentCompleted("flown alone"));
      var body = Json.object();
      body.putObject("input").put("topic", topic());
      body.putObject("options").put("timeout_ms", 5_000);

      var got = hasty.callFunction("costly", body);

      assertThat(text(got)).as(got.raw().body()).isEqualTo("flown alone");
      lock.rollback();
      Eventually.until(
          "the lead that came too late is given up",
          () ->
              database.count(
                      "SELECT count(*) FROM cache_flights WHERE state = 'failed' AND cache_key ="
                          + " (SELECT cache_key FROM response_cache WHERE function_name = 'costly'"
                          + " ORDER BY created_at DESC LIMIT 1)")
                  == 1);
    }
  }

  @Test
  void anExpiredAnswerStandsInWhileTheProviderIsDownAndSaysSo() {
    var topic = topic();
    fake.then(agentCompleted("yesterday's"));
    call(one, "steady", topic);
    awaitStored("steady", 1);
    passes(A_SECOND);
    fake.always(status(500));

    var here = stale(one, topic);
    var there = stale(two, topic);
    var never = call(one, "steady", topic());

    assertThat(text(here)).isEqualTo("yesterday's");
    assertThat(here.json().at("/meta/cache").asText()).isEqualTo("stale");
    assertThat(text(there)).isEqualTo("yesterday's");
    assertThat(never.status()).isGreaterThanOrEqualTo(500);
    fake.always(agentCompleted("today's"));
    assertThat(text(call(one, "steady", topic))).isEqualTo("today's");
  }

  /** An old answer stands in only while word of invalidations comes through. */
  private static RunningWeir.Got stale(RunningWeir weir, String topic) {
    var got = new AtomicReference<RunningWeir.Got>();
    Eventually.until(
        "the old answer stands in",
        () -> {
          got.set(call(weir, "steady", topic));
          return cache(got.get()).equals("stale");
        });
    return got.get();
  }

  @Test
  void hitsAndSavingsAreCountedAndShown() {
    var topic = topic();
    fake.then(agentCompleted("worth keeping").tokens(1_000, 500));
    call(one, "counted", topic);
    awaitStored("counted", 1);
    for (var i = 0; i < 3; i++) {
      assertThat(cache(call(one, "counted", topic))).isEqualTo("hit");
    }
    assertThat(cache(call(two, "counted", topic))).isEqualTo("hit");

    Eventually.until(
        "all four hits are in the row",
        () ->
            database.count(
                    "SELECT count(*) FROM response_cache WHERE function_name = 'counted' AND"
                        + " hit_count = 4")
                >= 1);
    var stats = one.admin("GET", "/api/cache/stats?hours=48", "").json();
    assertThat(stats.at("/total/hits").asInt()).isGreaterThanOrEqualTo(4);
    assertThat(stats.at("/total/misses").asInt()).isGreaterThanOrEqualTo(1);
    assertThat(stats.at("/total/saved_usd").decimalValue()).isPositive();
    assertThat(stats.at("/total/saved_share").asDouble()).isBetween(0.0, 1.0);
    assertThat(stats.path("kept").findValuesAsText("function")).contains("counted");
    assertThat(
            database.count(
                "SELECT sum(hits) FROM cache_statistics WHERE function_name = 'counted'"))
        .isGreaterThanOrEqualTo(4);
  }
}
