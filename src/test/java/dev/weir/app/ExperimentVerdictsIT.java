package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What becomes of what was counted: feedback, windows, verdicts, guardrails, alarms, bandits. */
@ExtendWith(TestDatabase.Extension.class)
class ExperimentVerdictsIT {
  private static final String QUIET = "resume-generation";
  private static ExperimentWorld world;
  private static String version;

  @BeforeAll
  static void start(TestDatabase database) {
    world = new ExperimentWorld(database);
    version = world.version(QUIET, 0.21);
  }

  @AfterAll
  static void stop() {
    world.close();
  }

  @Test
  void feedbackCountsOnceIsReplacedAndIsOnesOwnAlone() {
    var function = "cover-letter";
    world.start(world.draft("liked", function, world.version(function, 0.22)));
    var id = world.recorded(world.one, function, "fan");

    assertThat(status("fan", id, true)).isEqualTo("recorded");
    assertThat(status("fan", id, true)).isEqualTo("unchanged");
    awaitAnswers(1, 1);
    Eventually.until(
        "the arms' sums have what users said",
        () ->
            world.database.count(
                    "SELECT count(*) FROM prompt_experiments WHERE experiment_name = 'liked' AND"
                        + " feedback_answers = 1 AND feedback_successes = 1")
                == 1);
    assertThat(status("fan", id, false)).isEqualTo("replaced");
    awaitAnswers(1, 0);

    assertThat(give("stranger", id, true).status()).isEqualTo(404);
    assertThat(give("fan", UUID.randomUUID().toString(), true).status()).isEqualTo(404);
    assertThat(give("fan", "not-an-id", true).status()).isEqualTo(400);
    assertThat(
            world
                .send(world.one, "/v1/feedback", "fan", Json.object().put("request_id", id))
                .status())
        .isEqualTo(400);
    assertThat(
            world
                .send(
                    world.one,
                    "/v1/feedback",
                    "fan",
                    Json.object().put("request_id", id).put("score", 1.5))
                .status())
        .isEqualTo(400);
    assertThat(
            world.database.count(
                "SELECT count(*) FROM feedback WHERE user_id = 'fan' AND status = 'current'"))
        .isEqualTo(1);
    world.one.post("/api/experiments/liked/stop", "{}");
  }

  private static void awaitAnswers(int answers, int liked) {
    Eventually.until(
        answers + " answers, " + liked + " liked",
        () ->
            world.database.count(
                    "SELECT count(*) FROM experiment_units WHERE user_id = 'fan' AND"
                        + " feedback_answers = ? AND feedback_successes = ?",
                    answers,
                    liked)
                == 1);
  }

  private static RunningWeir.Got give(String user, String id, boolean success) {
    return world.send(
        world.other,
        "/v1/feedback",
        user,
        Json.object().put("request_id", id).put("success", success));
  }

  private static String status(String user, String id, boolean success) {
    var got = give(user, id, success);
    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    return got.json().at("/data/status").asText();
  }

  @Test
  void anAdministratorAloneSeesAnotherArmAndIsCountedApart() {
    var function = "job-analysis";
    world.start(world.draft("peek", function, world.version(function, 0.23)));

    var refused = world.call(world.one, function, "peeker", "x-weir-variant", "peek/b");
    var unknown =
        world.call(
            world.one,
            function,
            "peeker",
            "x-weir-variant",
            "peek/nothing",
            "x-weir-admin-key",
            world.one.weir().key("WEIR_ADMIN_KEY"));
    var shown =
        world.call(
            world.one,
            function,
            "peeker",
            "x-weir-variant",
            "peek/b",
            "x-weir-admin-key",
            world.one.weir().key("WEIR_ADMIN_KEY"));

    assertThat(refused.status()).isEqualTo(403);
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(shown.status()).as(shown.raw().body()).isEqualTo(200);
    assertThat(shown.header("x-weir-variant")).isEqualTo("b");
    Eventually.until(
        "the override is counted apart",
        () ->
            world.database.count(
                    "SELECT count(*) FROM experiment_apart WHERE experiment_name = 'peek' AND kind"
                        + " = 'override' AND calls = 1")
                == 1);
    assertThat(
            world.database.count(
                "SELECT count(*) FROM experiment_units WHERE experiment_name = 'peek'"))
        .isZero();
    world.one.post("/api/experiments/peek/stop", "{}");
  }

  @Test
  void itsSizeIsToldBeforeItStarts() {
    world.one.post("/api/experiments", world.draft("sized", QUIET, version).toString());

    var small = world.one.get("/api/experiments/sized/size?effect=0.1").json();
    var large = world.one.get("/api/experiments/sized/size?effect=0.02").json();

    assertThat(small.path("users").asLong()).isPositive();
    assertThat(large.path("users").asLong()).isGreaterThan(small.path("users").asLong() * 10);
    assertThat(small.path("variance_from").asText()).contains("worst");
    assertThat(world.one.get("/api/experiments/sized/size?effect=2").status()).isEqualTo(400);
    assertThat(world.one.get("/api/experiments/nothing/size").status()).isEqualTo(404);
  }

  @Test
  void aWindowThatHasClosedIsFinal() {
    var function = "interview-prep";
    var draft = world.draft("short", function, world.version(function, 0.24));
    world.start(draft.put("window", "1h").put("settle", "0s"));
    world.call(world.one, function, "once");
    Eventually.until(
        "the call is counted",
        () ->
            world.database.count(
                    "SELECT count(*) FROM experiment_units WHERE experiment_name = 'short' AND"
                        + " trials = 1 AND window_ends_at = exposed_at + interval '1 hour'")
                == 1);
    world.database.execute(
        "UPDATE experiment_units SET window_ends_at = now() WHERE experiment_name = 'short'");
    Eventually.until(
        "the unit is closed",
        () ->
            world.database.count(
                    "SELECT count(*) FROM experiment_units WHERE experiment_name = 'short' AND"
                        + " closed_at IS NOT NULL AND trials = 1 AND NOT ended_early")
                == 1);

    assertThat(world.call(world.one, function, "once").header("x-weir-variant")).isNotEmpty();

    Eventually.until(
        "the late call is counted apart",
        () ->
            world.database.count(
                    "SELECT coalesce(sum(calls), 0) FROM experiment_apart WHERE experiment_name ="
                        + " 'short' AND kind = 'late'")
                == 1);
    assertThat(
            world.database.count(
                "SELECT sum(trials) FROM experiment_units WHERE experiment_name = 'short'"))
        .isEqualTo(1);
    world.one.post("/api/experiments/short/stop", "{}");
  }

  @Test
  void aClearEffectBecomesAVerdictWithItsData() {
    begin("clear", 0, 1_000, e -> {});
    units("clear", new Users(400, 0.5, 0.02), new Users(400, 0.95, 0.02), true);

    var decision = awaitDecision("clear", "verdict");

    assertThat(decision.path("variant").asText()).isEqualTo("b");
    assertThat(decision.path("reason").asText()).contains("better");
    assertThat(decision.path("data").path("lower").asDouble()).isPositive();
    var evaluation = world.show("clear").path("evaluation");
    assertThat(evaluation.at("/variants/b/primary/validity").asText()).isEqualTo("anytime");
    assertThat(evaluation.at("/variants/b/probability_to_be_best").asDouble()).isGreaterThan(0.99);
    assertThat(evaluation.at("/sample_ratio/alarm").asBoolean()).isFalse();
    assertThat(world.one.get("/api/experiments/clear/results.csv").raw().body())
        .contains("primary_effect")
        .contains("anytime")
        .contains(",alpha,alarm,mean,mean_is_biased,p95_ms_effect,")
        .contains(",guardrails\r\n");
    assertThat(
            world.database.count(
                "SELECT user_count FROM prompt_experiments WHERE experiment_name = 'clear' AND"
                    + " prompt_variant = 'b'"))
        .isEqualTo(400);
  }

  @Test
  void aGuardrailThatBreaksSwitchesItsArmOffAndSaysSo() {
    begin(
        "harmful",
        1_000,
        2_000,
        e -> e.putArray("guardrails").addObject().put("metric", "failed").put("margin", 0.05));
    units("harmful", new Users(300, 1, 0.02), new Users(300, 1, 0.6), false);

    var decision = awaitDecision("harmful", "switched_off");

    assertThat(decision.path("by").asText()).isEqualTo("weir");
    assertThat(decision.path("variant").asText()).isEqualTo("b");
    assertThat(decision.at("/data/harm/lower").asDouble()).isGreaterThan(0.05);
    assertThat(decision.at("/data/probabilities/b").asDouble()).isZero();
    assertThat(world.show("harmful").at("/variants/1/switched_off_at").asText()).isNotEmpty();
    assertThat(
            world.database.count(
                "SELECT count(*) FROM alert_events WHERE alert_name ="
                    + " 'experiment-guardrail:harmful/b' AND state = 'firing'"))
        .isEqualTo(1);
  }

  @Test
  void aHarmfulArmThatHasAllTheWeightGivesItToControl() {
    begin(
        "alone",
        4_000,
        5_000,
        e -> e.putArray("guardrails").addObject().put("metric", "failed").put("margin", 0.05));
    world.one.put("/api/experiments/alone/weights", "{\"a\": 0, \"b\": 1}");
    units("alone", new Users(300, 1, 0.02), new Users(300, 1, 0.6), false);

    var decision = awaitDecision("alone", "switched_off");

    assertThat(decision.path("variant").asText()).isEqualTo("b");
    assertThat(decision.at("/data/epoch").asInt()).isEqualTo(3);
    assertThat(decision.at("/data/probabilities/a").asDouble()).isEqualTo(1);
    assertThat(decision.at("/data/probabilities/b").asDouble()).isZero();
    world.one.post("/api/experiments/alone/stop", "{}");
  }

  @Test
  void aBrokenSplitStopsVerdicts() {
    begin("split", 2_000, 3_000, e -> {});
    units("split", new Users(500, 0.5, 0.02), new Users(200, 1, 0.02), true);

    awaitDecision("split", "suspended");

    var shown = world.show("split");
    assertThat(shown.path("suspended_at").asText()).isNotEmpty();
    assertThat(shown.at("/evaluation/suspended").asBoolean()).isTrue();
    assertThat(decisions("split").findValuesAsText("decision")).doesNotContain("verdict");
    assertThat(
            world.database.count(
                "SELECT count(*) FROM alert_events WHERE alert_name ="
                    + " 'experiment-sample-ratio:split'"))
        .isEqualTo(1);
  }

  @Test
  void aBanditMovesItsWeightsWhenAnEpochIsOverAndKeepsAFloor() {
    begin(
        "bandit",
        3_000,
        4_000,
        e -> {
          e.put("mode", "bandit");
          e.withObject("/bandit").put("epoch", "1s").put("floor", 0.1);
        });
    units("bandit", new Users(300, 0.3, 0.02), new Users(300, 0.9, 0.02), true);

    Eventually.until(
        "an epoch that prefers b",
        () ->
            world.database.count(
                    "SELECT count(*) FROM experiment_epochs WHERE experiment_name = 'bandit' AND"
                        + " epoch > 1 AND (weights ->> 'b')::float8 > 0.85")
                > 0);

    assertThat(
            world.database.count(
                "SELECT count(*) FROM experiment_epochs WHERE experiment_name = 'bandit' AND"
                    + " (weights ->> 'a')::float8 < 0.0999"))
        .isZero();
    // An epoch before it may have begun when nobody was there yet.
    var all = decisions("bandit");
    var last = all.get(all.size() - 1);
    assertThat(last.path("decision").asText()).isEqualTo("bandit");
    assertThat(last.at("/data/users/b").asInt()).isEqualTo(300);
    world.one.post("/api/experiments/bandit/stop", "{}");
  }

  private static void begin(
      String name, int from, int to, java.util.function.Consumer<ObjectNode> more) {
    var draft = world.draft(name, QUIET, version).put("settle", "0s").put("expected_users", 1_000);
    draft.putArray("slots").add(from).add(to);
    more.accept(draft);
    world.start(draft);
  }

  /**
   * Users as they would be after their calls: each ten trials.
   *
   * @param many how many
   * @param success the share of their trials that succeeded
   * @param firstFails the share of them whose first trial failed
   */
  private record Users(int many, double success, double firstFails) {}

  /** Users of both arms at once: a look that found those of one alone would find them lost. */
  private static void units(String name, Users a, Users b, boolean closed) {
    world.database.execute(
        """
        INSERT INTO experiment_units (experiment_name, user_id, first_variant, probability, epoch, exposed_at,
          window_ends_at, trials, successes, cost_usd, first_trial_at, first_trial_latency_ms, first_trial_outcome)
        SELECT ?, ? || arm || n, arm, 0.5, 1, now() - interval '8 days', now() + ?::interval, 10,
          round(10 * least(1, greatest(0, success + 0.3 * (n % 3 - 1)))), 0.001, now() - interval '1 hour', 100 + n,
          CASE WHEN (n * 7919) % 100 < 100 * fails THEN 'failure' ELSE 'success' END
        FROM (VALUES ('a', ?, ?::float8, ?::float8), ('b', ?, ?::float8, ?::float8)) AS users (arm, many, success, fails),
          generate_series(1, many) AS n\
        """,
        name,
        name,
        closed ? "-1 days" : "1 days",
        a.many(),
        a.success(),
        a.firstFails(),
        b.many(),
        b.success(),
        b.firstFails());
  }

  private static JsonNode decisions(String name) {
    return world.one.get("/api/experiments/" + name + "/decisions").json().path("decisions");
  }

  private static JsonNode awaitDecision(String name, String what) {
    Eventually.until(
        what + " of " + name, () -> decisions(name).findValuesAsText("decision").contains(what));
    for (var decision : decisions(name)) {
      if (decision.path("decision").asText().equals(what)) {
        return decision;
      }
    }
    throw new AssertionError();
  }
}
