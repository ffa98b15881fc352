package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is refused in an experiment's life, and that nothing is left half done. */
@ExtendWith(TestDatabase.Extension.class)
class ExperimentLifeIT {
  private static ExperimentWorld world;

  @BeforeAll
  static void start(TestDatabase database) {
    world = new ExperimentWorld(database);
  }

  @AfterAll
  static void stop() {
    world.close();
  }

  @Test
  void aConclusionAndItsPromotionAreOneOrNothingAndMayBeRepeated() {
    var function = "cover-letter";
    world.start(world.draft("won", function, world.version(function, 0.31)));
    world.database.execute(
        """
        CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''broken''; END';
        CREATE TRIGGER broken BEFORE INSERT ON prompt_label_moves FOR EACH ROW EXECUTE FUNCTION broken()\
        """);

    var failed = conclude("won", "b", true);

    assertThat(failed.status()).isEqualTo(500);
    assertThat(world.show("won").path("status").asText()).isEqualTo("running");
    assertThat(decided("won", "concluded")).isZero();
    world.database.execute("DROP FUNCTION broken() CASCADE");
    assertThat(conclude("won", "b", true).status()).isEqualTo(200);
    var repeated = conclude("won", "b", true);
    assertThat(repeated.status()).as(repeated.raw().body()).isEqualTo(200);
    assertThat(decided("won", "concluded")).isEqualTo(1);
    assertThat(
            world.database.count(
                "SELECT count(*) FROM prompt_label_moves WHERE function_name = ?", function))
        .isEqualTo(1);
    assertThat(serving(function))
        .isEqualTo(repeated.json().at("/variants/1/prompt_version").asText());
    assertThat(conclude("won", "a", false).status()).isEqualTo(409);
    world.one.delete("/api/prompts/" + function + "/labels/production");
  }

  @Test
  void whatWasConcludedIsPromotedLaterByTheSameCommand() {
    var function = "linkedin-post";
    world.start(world.draft("later", function, world.version(function, 0.32)));
    conclude("later", "b", false);
    var before = serving(function);

    var promoted = conclude("later", "b", true);

    assertThat(promoted.status()).as(promoted.raw().body()).isEqualTo(200);
    assertThat(serving(function))
        .isNotEqualTo(before)
        .isEqualTo(promoted.json().at("/variants/1/prompt_version").asText());
    world.one.delete("/api/prompts/" + function + "/labels/production");
  }

  private static RunningWeir.Got conclude(String name, String winner, boolean promote) {
    return world.one.post(
        "/api/experiments/" + name + "/conclude",
        Json.object().put("winner", winner).put("promote", promote).toString());
  }

  private static String serving(String function) {
    return world.one.get("/api/prompts/" + function + "/versions").json().path("serving").asText();
  }

  @Test
  void aDraftWhoseFunctionGivesSomethingElseByNowDoesNotStart() {
    var function = "interview-prep";
    world.one.post(
        "/api/experiments",
        world.draft("outdated", function, world.version(function, 0.33)).toString());
    var now = world.one.get("/api/prompts/" + function + "/versions/production").json();
    var body = Json.object().put("base", now.path("version").asText());
    var output = (ObjectNode) now.at("/definition/output").deepCopy();
    assertThat(output.isEmpty()).isFalse();
    output.put("description", "another answer");
    body.putObject("changes").set("output", output);
    var made = world.one.post("/api/prompts/" + function + "/versions", body.toString());
    assertThat(made.status()).as(made.raw().body()).isEqualTo(201);
    var version = Json.object().put("version", made.json().path("version").asText());
    world.one.put("/api/prompts/" + function + "/labels/production", version.toString());

    var refused = world.one.post("/api/experiments/outdated/start", "{}");

    assertThat(refused.status()).as(refused.raw().body()).isEqualTo(409);
    assertThat(refused.json().path("detail").asText()).contains("output schema");
    assertThat(world.show("outdated").path("status").asText()).isEqualTo("draft");
    assertThat(
            world.database.count(
                "SELECT count(*) FROM experiment_epochs WHERE experiment_name = 'outdated'"))
        .isZero();
    world.one.delete("/api/prompts/" + function + "/labels/production");
    assertThat(world.one.post("/api/experiments/outdated/start", "{}").status()).isEqualTo(200);
    world.one.post("/api/experiments/outdated/stop", "{}");
  }

  @Test
  void newWeightsAreTakenWholeOrNotAtAll() {
    var function = "job-analysis";
    world.start(world.draft("weighed", function, world.version(function, 0.34)));

    for (var wrong :
        List.of(
            "{\"a\": 3, \"b\": -1}",
            "{\"a\": 0, \"b\": 0}",
            "{\"a\": 3, \"nobody\": 1}",
            "{\"a\": 3, \"b\": \"much\"}",
            "{}",
            "[]")) {
      var refused = world.one.put("/api/experiments/weighed/weights", wrong);
      assertThat(refused.status()).as(wrong).isIn(400, 404);
    }

    var shown = world.show("weighed");
    assertThat(shown.path("epoch").asInt()).isEqualTo(1);
    assertThat(shown.at("/variants/0/weight").asDouble()).isEqualTo(1);
    assertThat(shown.at("/variants/1/weight").asDouble()).isEqualTo(1);
    assertThat(decided("weighed", "weights")).isZero();
    world.one.post("/api/experiments/weighed/stop", "{}");
  }

  @Test
  void aBanditsWeightsBelowItsFloorAreRefused() {
    var function = "resume-generation";
    var draft =
        world.draft("floored", function, world.version(function, 0.35)).put("mode", "bandit");
    draft.withObject("/bandit").put("floor", 0.1).put("epoch", "90d");
    weight(draft, 0, 95);
    weight(draft, 1, 5);

    var refused = world.one.post("/api/experiments", draft.toString());

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.json().path("detail").asText()).contains("'b'", "0.0500", "floor of 0.100");
    assertThat(world.one.get("/api/experiments/floored").status()).isEqualTo(404);
    weight(draft, 1, 15);
    world.start(draft);
    assertThat(world.one.put("/api/experiments/floored/weights", "{\"b\": 5}").status())
        .isEqualTo(400);
    assertThat(world.one.put("/api/experiments/floored/weights", "{\"b\": 95}").status())
        .isEqualTo(200);
    world.one.post("/api/experiments/floored/stop", "{}");
  }

  private static void weight(ObjectNode draft, int arm, int weight) {
    ((ObjectNode) draft.path("variants").get(arm)).put("weight", weight);
  }

  @Test
  void anArmWithoutAVersionLeavesNoVersionOfAnotherBehind() {
    var function = "resume-generation";
    var draft = world.draft("halfway", function, "ffffffffffff");
    var arms = (ArrayNode) draft.path("variants");
    ((ObjectNode) arms.get(0)).withObject("/parameters").put("temperature", 0.77);

    var refused = world.one.post("/api/experiments", draft.toString());

    assertThat(refused.status()).isEqualTo(404);
    assertThat(
            world.database.count(
                "SELECT count(*) FROM prompt_versions WHERE note LIKE '%halfway%'"))
        .isZero();
  }

  @Test
  void whoeverChangesTheirMindOftenKeepsABoundedNumberOfOpinions() {
    var function = "cover-letter";
    world.start(world.draft("fickle", function, world.version(function, 0.36)));
    var id = world.recorded(world.one, function, "fickle");

    for (var n = 0; n <= 20; n++) {
      judge(id, n % 2 == 0);
    }

    assertThat(opinions()).isEqualTo(Map.of("current", 1L, "replaced", 5L));
    Eventually.until(
        "the last one counts",
        () ->
            world.database.count(
                    "SELECT count(*) FROM experiment_units WHERE user_id = 'fickle' AND"
                        + " feedback_answers = 1 AND feedback_successes = 1")
                == 1);
    world.database.execute(
        "UPDATE experiments SET feedback_window = '0' WHERE experiment_name = 'fickle'");
    for (var n = 0; n <= 20; n++) {
      judge(id, n % 2 == 1);
    }
    assertThat(opinions()).isEqualTo(Map.of("current", 1L, "replaced", 5L, "late", 5L));
    world.one.post("/api/experiments/fickle/stop", "{}");
  }

  private static void judge(String id, boolean success) {
    var got =
        world.send(
            world.one,
            "/v1/feedback",
            "fickle",
            Json.object().put("request_id", id).put("success", success));
    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
  }

  private static Map<Object, Object> opinions() {
    var all = new HashMap<Object, Object>();
    world
        .database
        .query("SELECT status, count(*) AS n FROM feedback WHERE user_id = 'fickle' GROUP BY 1")
        .forEach(row -> all.put(String.valueOf(row.get("status")), row.get("n")));
    return all;
  }

  private static long decided(String name, String what) {
    return world.database.count(
        "SELECT count(*) FROM experiment_decisions WHERE experiment_name = ? AND decision = ?",
        name,
        what);
  }
}
