package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Shadow runs and stored contents on two replicas. Of the functions only {@code cover-letter} says
 * {@code store}.
 */
@ExtendWith(TestDatabase.Extension.class)
class ShadowsIT {
  private static final String STORED = "cover-letter";
  private static final String PLAIN = "job-analysis";

  @TempDir private static Path functions;
  private static ExperimentWorld world;

  @BeforeAll
  static void start(TestDatabase database) throws IOException {
    copyFunctions();
    world = new ExperimentWorld(database, "WEIR_FUNCTIONS_DIR", functions.toString());
  }

  private static void copyFunctions() throws IOException {
    try (var files = Files.list(Path.of("conf", "functions"))) {
      for (var file : files.toList()) {
        Files.copy(file, functions.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        functions.resolve(STORED + ".yaml"),
        "\nstore: {share: 1, ttl_days: 7}\n",
        StandardOpenOption.APPEND);
  }

  @AfterAll
  static void stop() {
    world.close();
  }

  /** One test that fails must not take the next ones with it. */
  @AfterEach
  void endAll() {
    for (var run : world.one.get("/api/shadows").json().path("shadows")) {
      if (run.path("status").asText().equals("running")) {
        end(run.path("name").asText());
      }
    }
  }

  /** A version whose answers never fit their schema. */
  private static String broken(String function) {
    return version(function, Json.object().put("model", "sandbox/invalid-schema"));
  }

  private static String version(String function, ObjectNode changes) {
    var body = Json.object().put("base", serving(function));
    body.set("changes", changes);
    var made = world.one.post("/api/prompts/" + function + "/versions", body.toString());
    assertThat(made.status()).as(made.raw().body()).isEqualTo(201);
    return made.json().path("version").asText();
  }

  private static String serving(String function) {
    return world.one.weir().get("/v1/functions/" + function).json().at("/data/version").asText();
  }

  private static JsonNode begin(String name, String function, String version, String usd) {
    var body =
        Json.object()
            .put("name", name)
            .put("function", function)
            .put("version", version)
            .put("share", 1)
            .put("usd_per_month", new BigDecimal(usd));
    var started = world.one.post("/api/shadows", body.toString());
    assertThat(started.status()).as(started.raw().body()).isEqualTo(201);
    Eventually.until("the other replica knows of it", () -> copying(world.other, name));
    return started.json();
  }

  private static void end(String name) {
    assertThat(world.one.post("/api/shadows/" + name + "/stop", "{}").status()).isEqualTo(200);
    Eventually.until("the other replica knows of its end", () -> !copying(world.other, name));
  }

  private static boolean copying(Management at, String name) {
    return at.get("/api/shadows/" + name).json().path("copying_here").asBoolean();
  }

  private static JsonNode show(String name, int pairs) {
    Eventually.until(pairs + " pairs", () -> paired(name) == pairs);
    return world.one.get("/api/shadows/" + name).json();
  }

  private static long paired(String name) {
    return world.database.count(
        "SELECT count(*) FROM shadow_pairs JOIN shadow_runs USING (run_id) WHERE run_name = ?",
        name);
  }

  /** As if so much time had gone by that the copies of all these calls have surely ended. */
  private static void settle(String name) {
    world.database.execute(
        "UPDATE shadow_pairs p SET settled_at = now() FROM shadow_runs r WHERE r.run_id = p.run_id"
            + " AND r.run_name = '"
            + name
            + "'");
  }

  @Test
  void everyCallIsAlsoAnsweredByTheCandidateAndNobodySeesIt() {
    var served = serving(PLAIN);
    var candidate = broken(PLAIN);
    begin("unseen", PLAIN, candidate, "10");

    for (var n = 0; n < 6; n++) {
      var got = world.call(n % 2 == 0 ? world.one : world.other, PLAIN, "unseen-" + n % 3);

      assertThat(got.status()).isEqualTo(200);
      assertThat(got.json().at("/meta/version").asText()).isEqualTo(served);
      assertThat(got.raw().body()).doesNotContain(candidate);
    }

    var shown = show("unseen", 6);
    assertThat(shown.path("users").asInt()).isEqualTo(3);
    assertThat(shown.at("/live/valid_share").asDouble()).isEqualTo(1);
    assertThat(shown.at("/shadow/valid_share").asDouble()).isZero();
    assertThat(shown.at("/shadow_errors/OUTPUT_INVALID").asInt()).isEqualTo(6);
    assertThat(shown.path("both_answered").asInt()).isZero();
    // Slower copies of the same time may still be under way.
    assertThat(shown.at("/validity/users").asInt()).isZero();
    settle("unseen");
    var settled = show("unseen", 6);
    // Of each user's first call.
    assertThat(settled.at("/validity/users").asInt()).isEqualTo(3);
    assertThat(settled.at("/validity/effect").asDouble()).isEqualTo(-1, within(1e-9));
  }

  @Test
  void copiesAreOnAnAccountOfTheirOwnApartFromTheFunctionsFigures() {
    begin("apart", PLAIN, version(PLAIN, temperature(0.21)), "10");
    for (var n = 0; n < 4; n++) {
      world.call(world.one, PLAIN, "apart-" + n);
    }

    var shown = show("apart", 4);
    var account = shown.path("account").asText();

    assertThat(account).startsWith("weir-shadow.apart.");
    Eventually.until("the copies' records", () -> rowsOf(account).size() == 4);
    assertThat(rowsOf(account))
        .allSatisfy(
            row -> {
              assertThat(row.get("function_name")).isEqualTo(PLAIN + "@shadow");
              assertThat(row.get("experiment")).isNull();
            });
    Eventually.until("the calls' records", () -> rowsOfAll("apart-") >= 4);
    assertThat(rowsOfAll("apart-")).as("no user paid for a copy").isEqualTo(4);
    var cost =
        (BigDecimal)
            world.database.value(
                "SELECT sum(cost_usd) FROM ai_usage_metrics WHERE user_id = ?", account);
    assertThat(cost).isPositive();
    assertThat(
            world.one.get("/api/shadows/apart").json().path("spent_this_month_usd").decimalValue())
        .isEqualByComparingTo(cost);
    assertThat(
            (BigDecimal)
                world.database.value(
                    "SELECT sum(shadow_cost_usd) FROM shadow_pairs JOIN shadow_runs USING (run_id)"
                        + " WHERE run_name = 'apart'"))
        .isEqualByComparingTo(cost);
    // The sandbox says the same to the same question, whatever the temperature.
    assertThat(shown.path("same_answer").asInt()).as(shown.toString()).isEqualTo(4);
  }

  private static ObjectNode temperature(double value) {
    var changes = Json.object();
    changes.withObject("/parameters").put("temperature", value);
    return changes;
  }

  private static long rowsOfAll(String prefix) {
    return world.database.count(
        "SELECT count(*) FROM ai_usage_metrics WHERE starts_with(user_id, ?)", prefix);
  }

  private static List<java.util.Map<String, Object>> rowsOf(String user) {
    return world.database.query(
        "SELECT function_name, experiment FROM ai_usage_metrics WHERE user_id = ?", user);
  }

  @Test
  void withoutMoneyOnItsAccountNothingIsCopiedAndCallsGoOn() {
    begin("poor", PLAIN, version(PLAIN, temperature(0.22)), "0.000000001");
    for (var n = 0; n < 3; n++) {
      assertThat(world.call(world.one, PLAIN, "poor-" + n).status()).isEqualTo(200);
      var told = n + 1;
      Eventually.until("it is told", () -> misses("poor", "BUDGET_EXCEEDED") == told);
    }

    assertThat(paired("poor")).isZero();
    var account = world.one.get("/api/shadows/poor").json().path("account").asText();
    assertThat(
            world.database.count(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id = ? AND cost_usd > 0",
                account))
        .isZero();
    // Who has nothing left is not asked for every call.
    assertThat(rowsOf(account).size()).isLessThan(3);
  }

  private static int misses(String name, String reason) {
    return world.one.get("/api/shadows/" + name).json().path("not_copied").path(reason).asInt();
  }

  @Test
  void anAccountWhoseBudgetIsTakenAwayMaySpendNothing() {
    begin("bare", PLAIN, version(PLAIN, temperature(0.28)), "10");
    var account = world.one.get("/api/shadows/bare").json().path("account").asText();
    var taken =
        world.one.put("/api/limits/user/" + account, "{\"limits\": {\"usd_per_month\": null}}");
    assertThat(taken.status()).as(taken.raw().body()).isEqualTo(200);

    world.call(world.one, PLAIN, "bare-1");

    Eventually.until("it is told", () -> misses("bare", "BUDGET_EXCEEDED") == 1);
    assertThat(paired("bare")).isZero();
  }

  @Test
  void aRunOfTheSameNameBeginsAnewWithMoneyOfItsOwn() {
    var version = version(PLAIN, temperature(0.29));
    var first = begin("again", PLAIN, version, "10").path("account").asText();
    world.call(world.one, PLAIN, "again-1");
    show("again", 1);
    Eventually.until(
        "it has cost something",
        () ->
            world.one.get("/api/shadows/again").json().path("spent_this_month_usd").asDouble() > 0);
    end("again");
    world.one.delete("/api/shadows/again");

    var second = begin("again", PLAIN, version, "10");

    assertThat(second.path("account").asText()).isNotEqualTo(first);
    assertThat(second.path("spent_this_month_usd").asDouble()).isZero();
    assertThat(second.path("pairs").asInt()).isZero();
    world.call(world.one, PLAIN, "again-2");
    assertThat(show("again", 1).path("users").asInt()).isEqualTo(1);
  }

  @Test
  void aRunWhoseTimeIsOverCopiesNothingAndIsInNobodysWay() {
    var version = version(PLAIN, temperature(0.31));
    begin("timed", PLAIN, version, "10");
    world.database.execute(
        "UPDATE shadow_runs SET ends_at = now() - interval '1 second' WHERE run_name = 'timed'");
    Eventually.until("one replica knows", () -> !copying(world.one, "timed"));

    world.call(world.one, PLAIN, "timed-1");
    assertThat(world.one.get("/api/shadows/timed").json().path("status").asText())
        .isEqualTo("stopped");
    begin("next", PLAIN, version, "10");

    assertThat(paired("timed")).isZero();
    assertThat(world.one.delete("/api/shadows/timed").status()).isEqualTo(200);
  }

  @Test
  void aStreamIsCopiedWhenItHasEnded() {
    begin("streams", PLAIN, version(PLAIN, temperature(0.23)), "10");
    var body = Json.object().put("stream", true);
    body.set("input", world.one.weir().example(PLAIN));

    var got = world.send(world.one, "/v1/functions/" + PLAIN, "streams-1", body);

    assertThat(got.raw().body()).contains("event: result");
    assertThat(show("streams", 1).path("same_answer").asInt()).isEqualTo(1);
  }

  @Test
  void aRunThatHasStoppedCopiesNothingAndMayBeForgotten() {
    begin("over", PLAIN, version(PLAIN, temperature(0.24)), "10");
    world.call(world.other, PLAIN, "over-1");
    show("over", 1);
    assertThat(world.one.delete("/api/shadows/over").status()).isEqualTo(409);
    end("over");

    world.call(world.one, PLAIN, "over-2");
    world.call(world.other, PLAIN, "over-3");

    assertThat(world.one.get("/api/shadows/over").json().path("pairs").asInt()).isEqualTo(1);
    assertThat(world.one.post("/api/shadows/over/stop", "{}").status()).isEqualTo(409);
    assertThat(world.one.delete("/api/shadows/over").status()).isEqualTo(200);
    assertThat(world.one.get("/api/shadows/over").status()).isEqualTo(404);
    assertThat(paired("over")).isZero();
  }

  @Test
  void contentsAreKeptOfAFunctionThatSaysSoWithThoseOfItsShadowAndOfNoOther() {
    var candidate = broken(STORED);
    begin("kept", STORED, candidate, "10");
    begin("unkept", PLAIN, version(PLAIN, temperature(0.25)), "10");
    world.call(world.one, STORED, "kept-1");
    world.call(world.one, PLAIN, "kept-1");
    show("kept", 1);
    show("unkept", 1);

    var kept = contents("?user=kept-1&content=true", 2);

    var call = of(kept, "call");
    var copy = of(kept, "shadow");
    assertThat(call.path("function").asText()).isEqualTo(STORED);
    assertThat(call.path("version").asText()).isEqualTo(serving(STORED));
    assertThat(call.path("input")).isEqualTo(world.one.weir().example(STORED));
    assertThat(call.path("output").isObject()).isTrue();
    assertThat(copy.path("source").asText()).isEqualTo(call.path("id").asText());
    assertThat(copy.path("run").asText()).isEqualTo("kept");
    assertThat(copy.path("version").asText()).isEqualTo(candidate);
    assertThat(copy.path("error").asText()).isEqualTo("OUTPUT_INVALID");
    assertThat(copy.path("expires_at")).isEqualTo(call.path("expires_at"));
    // Words only where they are asked for.
    assertThat(contents("?user=kept-1", 2).get(0).has("input")).isFalse();
  }

  private static JsonNode contents(String query, int many) {
    Eventually.until(
        many + " contents",
        () -> world.one.get("/api/contents" + query).json().path("contents").size() == many);
    return world.one.get("/api/contents" + query).json().path("contents");
  }

  private static JsonNode of(JsonNode contents, String kind) {
    for (var content : contents) {
      if (content.path("kind").asText().equals(kind)) {
        return content;
      }
    }
    throw new AssertionError("no " + kind + " in " + contents);
  }

  @Test
  void aUsersTransactionSeesThatUsersContentsAlone() throws SQLException {
    world.call(world.one, STORED, "alone-1");
    world.call(world.other, STORED, "alone-2");
    contents("?user=alone-1", 1);
    contents("?user=alone-2", 1);

    try (var connection = world.database.connect();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SET LOCAL ROLE weir_app");
      statement.execute("SELECT set_config('weir.user_id', 'alone-1', true)");
      try (var rows = statement.executeQuery("SELECT user_id FROM stored_contents")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("alone-1");
        assertThat(rows.next()).isFalse();
      }
    }
  }

  @Test
  void aContentGoesWithItsCopiesAndWhenItsTimeIsOver() {
    begin("gone", STORED, version(STORED, temperature(0.26)), "10");
    world.call(world.one, STORED, "gone-1");
    world.call(world.one, STORED, "gone-2");
    var first = of(contents("?user=gone-1", 2), "call").path("id").asText();
    contents("?user=gone-2", 2);
    end("gone");

    assertThat(world.one.delete("/api/contents/" + first).json().path("deleted").asInt())
        .isEqualTo(2);
    assertThat(world.one.get("/api/contents/" + first).status()).isEqualTo(404);
    world.database.execute(
        "UPDATE stored_contents SET expires_at = now() - interval '1 second' WHERE user_id ="
            + " 'gone-2'");
    contents("?user=gone-2", 0);
    world.call(world.one, STORED, "gone-3");
    contents("?user=gone-3", 1);
    assertThat(world.one.delete("/api/contents?user=gone-3").json().path("deleted").asInt())
        .isEqualTo(1);
    assertThat(world.one.delete("/api/contents").status()).isEqualTo(400);
  }

  @Test
  void whatAnAnswerShouldHaveBeenIsNotedAndTakenBack() {
    world.call(world.one, STORED, "expected-1");
    var id = contents("?user=expected-1", 1).get(0).path("id").asText();

    var noted = world.one.put("/api/contents/" + id + "/expected", "{\"expected\": {\"a\": 1.0}}");

    assertThat(noted.status()).as(noted.raw().body()).isEqualTo(200);
    assertThat(world.one.get("/api/contents/" + id).json().at("/expected/a").asInt()).isEqualTo(1);
    assertThat(
            world
                .one
                .put("/api/contents/" + id + "/expected", "{\"expected\": null}")
                .json()
                .has("expected"))
        .isFalse();
    assertThat(world.one.put("/api/contents/" + id + "/expected", "{}").status()).isEqualTo(400);
  }

  @Test
  void pagesGoFromTheNewestToTheOldest() {
    for (var n = 0; n < 3; n++) {
      world.call(world.one, STORED, "pages-1");
      contents("?user=pages-1", n + 1);
    }
    var whole = contents("?user=pages-1", 3);

    var page = world.one.get("/api/contents?user=pages-1&limit=2").json();
    var rest =
        world
            .one
            .get("/api/contents?user=pages-1&limit=2&after=" + page.path("next").asText())
            .json();

    assertThat(page.path("contents").get(0)).isEqualTo(whole.get(0));
    assertThat(page.path("contents").get(1)).isEqualTo(whole.get(1));
    assertThat(rest.path("contents")).hasSize(1);
    assertThat(rest.path("contents").get(0)).isEqualTo(whole.get(2));
    assertThat(rest.path("next").isNull()).isTrue();
  }

  @Test
  void takingStoreOutOfTheFileEndsItWhateverVersionIsServed() throws IOException {
    var file = functions.resolve(STORED + ".yaml");
    var text = Files.readString(file);
    Files.writeString(file, text.replace("store: {share: 1, ttl_days: 7}", ""));
    try {
      assertThat(world.one.post("/api/reload", "{}").status()).isEqualTo(200);

      world.call(world.one, STORED, "ended-1");
      world.call(world.one, STORED, "ended-2");
    } finally {
      Files.writeString(file, text);
      world.one.post("/api/reload", "{}");
    }

    world.call(world.one, STORED, "ended-3");
    contents("?user=ended-3", 1);
    contents("?user=ended-1", 0);
    contents("?user=ended-2", 0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'name': 'x', 'function': 'job-analysis', 'version': 'nope', 'share': 1, 'usd_per_month':"
            + " 1} | 404 | no version",
        "{'name': 'x', 'function': 'nope', 'version': 'production', 'share': 1, 'usd_per_month': 1}"
            + " | 404 | no function",
        "{'name': 'x', 'function': 'job-analysis', 'version': 'production', 'share': 0,"
            + " 'usd_per_month': 1} | 400 | 'share'",
        "{'name': 'x', 'function': 'job-analysis', 'version': 'production', 'share': 1.1,"
            + " 'usd_per_month': 1} | 400 | 'share'",
        "{'name': 'x', 'function': 'job-analysis', 'version': 'production', 'share': 1} | 400 |"
            + " 'usd_per_month'",
        "{'name': 'x', 'function': 'job-analysis', 'version': 'production', 'share': 1,"
            + " 'usd_per_month': 1, 'days': 91} | 400 | 'days'",
        "{'name': 'X y', 'function': 'job-analysis', 'version': 'production', 'share': 1,"
            + " 'usd_per_month': 1} | 400 | 'name'",
        "{'name': 'x', 'function': 'job-analysis', 'version': 'production', 'share': 1,"
            + " 'usd_per_month': 1, 'z': 1} | 400 | z",
      })
  void aRunThatCannotBeIsRefusedAndLeavesNothing(String body, int status, String says) {
    var got = world.one.post("/api/shadows", body.replace('\'', '"'));

    assertThat(got.status()).as(got.raw().body()).isEqualTo(status);
    assertThat(got.json().path("detail").asText()).contains(says);
    assertThat(world.database.count("SELECT count(*) FROM shadow_runs WHERE run_name = 'x'"))
        .isZero();
    assertThat(
            world.database.count("SELECT count(*) FROM users WHERE user_id LIKE 'weir-shadow.x.%'"))
        .isZero();
  }

  @Test
  void aFunctionHasOneRunAtATimeAndANameIsTakenOnce() {
    var version = version(PLAIN, temperature(0.27));
    begin("only", PLAIN, version, "10");
    var body =
        Json.object()
            .put("name", "second")
            .put("function", PLAIN)
            .put("version", version)
            .put("share", 1)
            .put("usd_per_month", 10);

    var second = world.other.post("/api/shadows", body.toString());
    end("only");
    var again = world.other.post("/api/shadows", body.put("name", "only").toString());

    assertThat(second.status()).isEqualTo(409);
    assertThat(second.json().path("detail").asText()).contains("stop it first");
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.json().path("detail").asText()).contains("this name");
  }
}
