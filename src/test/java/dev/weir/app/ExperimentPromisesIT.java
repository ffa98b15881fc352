package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an experiment promises to callers and to whoever leads it. */
@ExtendWith(TestDatabase.Extension.class)
class ExperimentPromisesIT {
  private static ExperimentWorld world;

  @BeforeAll
  static void start(TestDatabase database) {
    world = new ExperimentWorld(database);
  }

  @AfterAll
  static void stop() {
    world.close();
  }

  @ParameterizedTest
  @CsvSource({"input, cover-letter", "output, linkedin-post"})
  void whileTheFunctionHasAnotherSchemaThanAnArmCallsPassTheExperimentBy(
      String schema, String function) {
    var name = "promised-" + schema;
    world.start(world.draft(name, function, world.version(function, 0.41)));
    var before = world.call(world.one, function, "ann");
    assertThat(before.header("x-weir-variant")).isNotEmpty();
    assertThat(world.show(name).path("passed_by").isNull()).isTrue();

    production(function, changed(function, schema));

    Eventually.until(
        "both replicas know", () -> passedBy(world.one, name) && passedBy(world.other, name));
    for (var replica : List.of(world.one, world.other)) {
      var call = world.call(replica, function, "ann");
      assertThat(call.status()).as(call.raw().body()).isEqualTo(200);
      assertThat(call.header("x-weir-variant")).isEmpty();
    }
    var shown = world.show(name);
    assertThat(shown.path("status").asText()).isEqualTo("running");
    assertThat(shown.path("passed_by").asText()).contains("another " + schema + " schema");
    assertThat(shown.path("warnings").toString()).contains(name, "passed by");
    Eventually.until("one alert fires", () -> alerts(name, "firing") == 1);
    world.one.delete("/api/prompts/" + function + "/labels/production");
    Eventually.until(
        "the alert is over", () -> alerts(name, "firing") == 0 && alerts(name, "resolved") >= 1);
    assertThat(world.call(world.one, function, "ann").header("x-weir-variant")).isNotEmpty();
    assertThat(world.show(name).path("passed_by").isNull()).isTrue();
    world.one.post("/api/experiments/" + name + "/stop", "{}");
  }

  private static boolean passedBy(Management at, String name) {
    return at.get("/api/experiments/" + name).json().path("passed_by").isTextual();
  }

  private static long alerts(String name, String state) {
    return world.database.count(
        "SELECT count(*) FROM alert_events WHERE alert_name = ? AND state = ?",
        "experiment-contract:" + name,
        state);
  }

  /** A version of a function with another description of a schema. */
  private static String changed(String function, String schema) {
    var now = world.one.get("/api/prompts/" + function + "/versions/production").json();
    var body = Json.object().put("base", now.path("version").asText());
    var other = (ObjectNode) now.path("definition").path(schema).deepCopy();
    body.putObject("changes").set(schema, other.put("description", "another one"));
    var made = world.one.post("/api/prompts/" + function + "/versions", body.toString());
    assertThat(made.status()).as(made.raw().body()).isEqualTo(201);
    return made.json().path("version").asText();
  }

  private static void production(String function, String version) {
    var moved =
        world.one.put(
            "/api/prompts/" + function + "/labels/production",
            Json.object().put("version", version).toString());
    assertThat(moved.status()).as(moved.raw().body()).isEqualTo(200);
  }

  @Test
  void labelsArePinnedAtTheStartAndAnotherControlThanProductionIsTold() {
    var function = "interview-prep";
    world.one.post(
        "/api/experiments",
        world.draft("pinned", function, world.version(function, 0.42)).toString());
    var first = world.version(function, 0.43);
    production(function, first);

    var started = world.one.post("/api/experiments/pinned/start", "{}").json();

    assertThat(started.at("/variants/0/prompt_version").asText()).isEqualTo(first);
    assertThat(started.path("warnings")).isEmpty();
    var concluded =
        world.one.post(
            "/api/experiments/pinned/conclude", "{\"winner\": \"b\", \"promote\": true}");
    assertThat(concluded.json().path("warnings")).isEmpty();
    var draft = world.draft("beside", function, world.version(function, 0.44));
    world.start(draft);
    production(function, first);
    var warnings = world.show("beside").path("warnings");
    assertThat(warnings).hasSize(1);
    assertThat(warnings.get(0).asText()).contains("'beside'", "production is " + first);
    assertThat(world.one.get("/api/experiments/beside/results.csv").raw().body())
        .contains(",passed_by,warnings,")
        .contains("\"" + warnings.get(0).asText() + "\"");
    world.one.post("/api/experiments/beside/stop", "{}");
    world.one.delete("/api/prompts/" + function + "/labels/production");
  }

  @Test
  void aRefusedCreateLeavesNoVersionBehind() {
    var function = "resume-generation";
    var version = world.version(function, 0.45);
    var taken = world.draft("taken", function, version);
    world.one.post("/api/experiments", taken.toString());
    var again = taken.deepCopy();
    parameters(again, 0, 0.771);
    var unfit = world.draft("unfit", function, changed(function, "output"));
    parameters(unfit, 0, 0.772);
    var unknown = world.draft("unknown", function, version);
    parameters(unknown, 0, 0.773);
    ((ObjectNode) unknown.path("variants").get(1)).put("model", "nobody/knows");

    for (var wish : List.of(again, unfit, unknown)) {
      var refused = world.one.post("/api/experiments", wish.toString());
      assertThat(refused.status()).as(refused.raw().body()).isIn(400, 409);
    }

    assertThat(
            world.database.count(
                "SELECT count(*) FROM prompt_versions WHERE note LIKE 'arm %' AND function_name ="
                    + " ?",
                function))
        .isZero();
    assertThat(
            world.one.post("/api/experiments", unknown.toString()).json().path("detail").asText())
        .contains("The variant 'b'");
  }

  private static void parameters(ObjectNode draft, int arm, double temperature) {
    ((ObjectNode) draft.path("variants").get(arm))
        .withObject("/parameters")
        .put("temperature", temperature);
  }

  @Test
  void aValueOfTheWrongTypeChangesNothing() {
    var function = "job-analysis";
    world.start(world.draft("typed", function, world.version(function, 0.46)));
    var path = "/api/experiments/typed/";

    assertThat(
            world.one.post(path + "conclude", "{\"winner\": \"b\", \"promote\": \"yes\"}").status())
        .isEqualTo(400);
    assertThat(world.one.post(path + "conclude", "{\"winner\": \"b\", \"force\": 1}").status())
        .isEqualTo(400);
    world.one.post(path + "variants/b/off", "{}");
    for (var weight : List.of("\"3\"", "true", "0", "-1", "1e-320", "[]")) {
      assertThat(world.one.post(path + "variants/b/on", "{\"weight\": " + weight + "}").status())
          .as(weight)
          .isEqualTo(400);
    }
    assertThat(world.one.post(path + "pause", "{\"reason\": 3}").status()).isEqualTo(400);
    assertThat(world.one.post(path + "pause", "{\"because\": \"x\"}").status()).isEqualTo(400);
    assertThat(
            world.one.put(path + "weights", "{\"weights\": {\"a\": 1}, \"why\": \"x\"}").status())
        .isEqualTo(400);

    var shown = world.show("typed");
    assertThat(shown.path("status").asText()).isEqualTo("running");
    assertThat(shown.path("epoch").asInt()).isEqualTo(2);
    world.one.post(path + "stop", "{}");
  }

  @Test
  void underASampleRatioAlarmAPromotionTakesForceAndAReason() {
    var function = "job-analysis";
    world.start(world.draft("alarmed", function, world.version(function, 0.47)));
    world.database.execute(
        """
        UPDATE experiments SET suspended_at = now(), suspended_because = 'users are lost',
          verdict = '{"at": "2026-01-01T00:00:00Z", "sample_ratio": {"p_value": 0.00001, "alarm": true},
            "variants": {"b": {"primary": {"effect": 0.1, "p_value": 0.01}, "guardrails": []}}}'
        WHERE experiment_name = 'alarmed'\
        """);
    var path = "/api/experiments/alarmed/conclude";

    var refused = world.one.post(path, "{\"winner\": \"b\", \"promote\": true}");

    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.json().path("detail").asText()).contains("users are lost", "force");
    assertThat(world.show("alarmed").path("status").asText()).isEqualTo("running");
    var bare = "{\"winner\": \"b\", \"promote\": true, \"force\": true}";
    assertThat(world.one.post(path, bare).status()).isEqualTo(400);
    var forced =
        "{\"winner\": \"b\", \"promote\": true, \"force\": true, \"reason\": \"a test bed\"}";
    assertThat(world.one.post(path, forced).status()).isEqualTo(200);
    var decision = decisions("alarmed").getLast();
    assertThat(decision.path("decision").asText()).isEqualTo("concluded");
    assertThat(decision.path("reason").asText()).isEqualTo("a test bed");
    assertThat(decision.at("/data/forced").asBoolean()).isTrue();
    assertThat(decision.at("/data/alarm").asText()).isEqualTo("users are lost");
    assertThat(decision.at("/data/variants/b/primary/effect").asDouble()).isEqualTo(0.1);
    world.one.delete("/api/prompts/" + function + "/labels/production");
  }

  @Test
  void everyDecisionSaysWhyAndWeightsWhatTheyWere() {
    var function = "resume-generation";
    world.start(world.draft("told", function, world.version(function, 0.48)));
    var path = "/api/experiments/told/";

    world.one.put(path + "weights", "{\"weights\": {\"a\": 3}, \"reason\": \"careful\"}");
    world.one.post(path + "pause", "{\"reason\": \"holidays\"}");
    world.one.post(path + "resume", "{\"reason\": \"back\"}");
    world.one.post(path + "stop", "{\"reason\": \"enough\"}");

    var all = decisions("told");
    assertThat(all.stream().map(d -> d.path("decision").asText()))
        .containsExactly("created", "started", "weights", "paused", "running", "stopped");
    assertThat(all.stream().map(d -> d.path("reason").asText()).skip(2))
        .containsExactly("careful", "holidays", "back", "enough");
    assertThat(all.get(2).at("/data/before/a").asDouble()).isEqualTo(1);
    assertThat(all.get(2).at("/data/weights/a").asDouble()).isEqualTo(3);
    assertThat(all.get(1).at("/data/versions/b").asText()).hasSize(12);
  }

  @Test
  void anErrorTooSaysWhichArmItWas() {
    var function = "cover-letter";
    var name = "erring";
    world.start(world.draft(name, function, world.version(function, 0.57)));
    var set = world.one.put("/api/limits/user/unlucky", "{\"limits\": {\"calls_per_day\": 1}}");
    assertThat(set.status()).as(set.raw().body()).isEqualTo(200);
    var fine = world.call(world.one, function, "unlucky");

    var refused = world.call(world.one, function, "unlucky");

    assertThat(refused.status()).as(refused.raw().body()).isEqualTo(429);
    assertThat(refused.header("x-weir-variant"))
        .isNotEmpty()
        .isEqualTo(fine.header("x-weir-variant"));
    world.one.post("/api/experiments/" + name + "/stop", "{}");
  }

  private static List<JsonNode> decisions(String name) {
    var all = new java.util.ArrayList<JsonNode>();
    world
        .one
        .get("/api/experiments/" + name + "/decisions")
        .json()
        .path("decisions")
        .forEach(all::add);
    return all;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"salt\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"} |"
            + " 'salt'",
        "{\"bandit\": {\"floor\": 0.1}} | \"mode\": \"bandit\"",
        "{\"guardrails\": [{\"metric\": \"failed\", \"margin\": 0.1, \"over_ms\": 5}]} | 'over_ms'",
        "{\"variants\": [{\"weight\": 0}, {}]} | 'a' is control",
        "{\"variants\": [{}, {\"weight\": 1e-320}]} | variant 'b'",
        "{\"variants\": [{}, {\"weight\": \"3\"}]} | variant 'b'",
        "{\"variants\": [{\"control\": \"yes\"}, {}]} | true or false",
        "{\"variants\": [{}, {\"parameters\": 3}]} | 'parameters' must be an object",
        "{\"varients\": 3} | did you mean `variants`?",
      })
  void aWishThatMeansNothingIsRefusedInClearWords(String change, String words) {
    var draft = world.draft("unclear", "cover-letter", "production");
    var wish = (ObjectNode) Json.parse(change);
    for (var arm = 0; arm < wish.path("variants").size(); arm++) {
      ((ObjectNode) draft.path("variants").get(arm))
          .setAll((ObjectNode) wish.path("variants").get(arm));
    }
    wish.remove("variants");
    draft.setAll(wish);

    var refused = world.one.post("/api/experiments", draft.toString());

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.json().path("detail").asText()).contains(words).doesNotEndWith("?.");
  }

  @Test
  void aFileIsAppliedUntilItsStateIsReachedAndAgainChangesNothing() {
    var function = "linkedin-post";
    var file = world.draft("filed", function, world.version(function, 0.49));

    assertThat(applied(file.deepCopy().put("state", "draft"))).containsExactly("created");
    file.put("description", "warmer");
    assertThat(applied(file)).containsExactly("replaced");
    assertThat(applied(file.put("state", "running"))).containsExactly("started");
    assertThat(applied(file)).isEmpty();
    assertThat(applied(file.put("state", "paused"))).containsExactly("paused");
    assertThat(applied(file.put("state", "running"))).containsExactly("resumed");
    world.one.put("/api/experiments/filed/weights", "{\"a\": 3}");
    assertThat(applied(file)).isEmpty();
    var other =
        world.one.put("/api/experiments/filed", file.deepCopy().put("alpha", 0.01).toString());
    assertThat(other.status()).isEqualTo(409);
    assertThat(other.json().path("detail").asText()).contains("another alpha;");
    assertThat(put(file.deepCopy().put("state", "draft")).status()).isEqualTo(409);
    assertThat(put(file.deepCopy().put("state", "gone")).status()).isEqualTo(400);
    assertThat(applied(file.put("state", "stopped"))).containsExactly("stopped");
    assertThat(applied(file)).isEmpty();
    assertThat(put(file.deepCopy().put("state", "running")).status()).isEqualTo(409);
    assertThat(world.show("filed").path("status").asText()).isEqualTo("stopped");
  }

  @Test
  void aFileWhoseStateIsRefusedLeavesNoDraftBehind() {
    var function = "resume-generation";
    var version = world.version(function, 0.5);
    world.start(world.draft("there-first", function, version));
    for (var state : List.of("running", "stopped")) {
      var file = world.draft("too-late", function, version).put("state", state);

      var refused = world.one.put("/api/experiments/too-late", file.toString());

      assertThat(refused.status()).as(refused.raw().body()).isEqualTo(409);
      assertThat(world.one.get("/api/experiments/too-late").status()).as(state).isEqualTo(404);
    }
    world.one.post("/api/experiments/there-first/stop", "{}");
  }

  private static RunningWeir.Got put(ObjectNode file) {
    return world.one.put("/api/experiments/filed", file.toString());
  }

  private static List<String> applied(ObjectNode file) {
    var got = put(file);
    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    return got.json().path("applied").valueStream().map(JsonNode::asText).toList();
  }
}
