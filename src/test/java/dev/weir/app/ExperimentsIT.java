package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.experiments.Draw;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Experiments on two replicas, from the draft to the sums of their users. */
@ExtendWith(TestDatabase.Extension.class)
class ExperimentsIT {
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
  void aUserGetsTheDocumentedArmOnBothReplicasAndKeepsItWhenWeightsChange() {
    var function = "cover-letter";
    var version = world.version(function, 0.11);
    world.start(world.draft("sticky", function, version).put("salt", "s1"));
    world.awaitRunning(world.other, function, "sticky");
    var users = IntStream.range(0, 12).mapToObj(n -> "sticky-" + n).toList();

    var arms = new HashMap<String, String>();
    for (var user : users) {
      var at = user.hashCode() % 2 == 0 ? world.one : world.other;
      arms.put(user, world.variant(at, function, user));
      assertThat(arms.get(user))
          .isEqualTo(Draw.arm(Draw.point("s1", user), List.of(0.5, 0.5)) == 0 ? "a" : "b");
    }
    awaitUnits("sticky", users.size());
    var changed = world.one.put("/api/experiments/sticky/weights", "{\"a\": 0, \"b\": 1}");
    assertThat(changed.status()).as(changed.raw().body()).isEqualTo(200);
    Eventually.until(
        "the other replica is in the second epoch",
        () -> world.variant(world.other, function, newcomer("a")).equals("b"));

    for (var user : users) {
      assertThat(awaitArm(world.one, function, user)).isEqualTo(arms.get(user));
      assertThat(awaitArm(world.other, function, user)).isEqualTo(arms.get(user));
    }
    var last = newcomer("a");
    assertThat(awaitArm(world.one, function, last)).isEqualTo("b");
    var call = world.call(world.one, function, last).json();
    assertThat(call.at("/meta/experiment").asText()).isEqualTo("sticky");
    assertThat(call.at("/meta/variant").asText()).isEqualTo("b");
    assertThat(call.at("/meta/version").asText()).isEqualTo(version);
    world.one.post("/api/experiments/sticky/stop", "{}");
  }

  /** A replica that must ask the database for a user's arm does not wait for it for long. */
  private static String awaitArm(Management at, String function, String user) {
    var arm = new AtomicReference<>("");
    Eventually.until(
        user + " has an arm",
        () -> {
          arm.set(world.variant(at, function, user));
          return !arm.get().isEmpty();
        });
    return arm.get();
  }

  private int newcomers;

  /** Somebody new whom equal weights would have given this arm. */
  private String newcomer(String arm) {
    while (true) {
      var user = "newcomer-" + newcomers++;
      if (Draw.arm(Draw.point("s1", user), List.of(0.5, 0.5)) == (arm.equals("a") ? 0 : 1)) {
        return user;
      }
    }
  }

  @Test
  void theSumsOfUsersAreThoseOfTheirRows() {
    var function = "job-analysis";
    world.start(world.draft("sums", function, world.version(function, 0.12)));
    world.awaitRunning(world.other, function, "sums");
    for (var n = 0; n < 10; n++) {
      world.variant(n % 2 == 0 ? world.one : world.other, function, "sums-" + n % 4);
    }

    Eventually.until(
        "ten trials",
        () ->
            world.database.count(
                    "SELECT coalesce(sum(trials), 0) FROM experiment_units WHERE experiment_name ="
                        + " 'sums' AND user_id LIKE 'sums-%'")
                == 10);

    assertThat(
            world.database.query(
                """
                SELECT u.user_id, u.trials, u.successes, u.cost_usd, u.tokens, u.latency_ms, u.first_variant,
                  u.first_trial_at, u.first_trial_latency_ms, u.first_trial_outcome
                FROM experiment_units u WHERE u.experiment_name = 'sums' AND u.user_id LIKE 'sums-%'
                EXCEPT
                SELECT user_id, count(*), count(*) FILTER (WHERE experiment_outcome = 'success'), sum(cost_usd),
                  sum(prompt_tokens + completion_tokens), sum(execution_time_ms), min(variant), min(started_at),
                  (array_agg(execution_time_ms ORDER BY started_at))[1], 'success'
                FROM ai_usage_metrics WHERE experiment = 'sums' AND user_id LIKE 'sums-%' GROUP BY user_id\
                """))
        .isEmpty();
    assertThat(
            world.database.count(
                "SELECT count(*) FROM experiment_units WHERE experiment_name = 'sums' AND user_id"
                    + " LIKE 'sums-%'"))
        .isEqualTo(4);
    var csv = world.one.get("/api/experiments/sums/results.csv").raw().body();
    assertThat(csv).startsWith("experiment,variant,control,").contains("\r\nsums,a,true,");
    world.one.post("/api/experiments/sums/stop", "{}");
  }

  @Test
  void anArmThatIsSwitchedOffGivesItsUsersControlAndKeepsTheirLabel() {
    var function = "interview-prep";
    var version = world.version(function, 0.13);
    // By this salt both arms have some of them.
    world.start(world.draft("off", function, version).put("salt", "s1"));
    var before = new HashMap<String, String>();
    for (var n = 0; n < 8; n++) {
      before.put("off-" + n, world.variant(world.one, function, "off-" + n));
    }
    assertThat(before.values()).contains("a", "b");

    var off = world.one.post("/api/experiments/off/variants/b/off", "{\"reason\": \"a test\"}");

    assertThat(off.status()).as(off.raw().body()).isEqualTo(200);
    for (var user : before.keySet()) {
      var call = world.call(world.one, function, user).json();
      assertThat(call.at("/meta/variant").asText()).isEqualTo(before.get(user));
      assertThat(call.at("/meta/version").asText()).isNotEqualTo(version);
    }
    for (var n = 0; n < 5; n++) {
      assertThat(awaitArm(world.one, function, "later-" + n)).isEqualTo("a");
    }
    Eventually.until(
        "calls of the arm's users are counted apart",
        () ->
            world.database.count(
                    "SELECT coalesce(sum(calls), 0) FROM experiment_apart WHERE experiment_name ="
                        + " 'off' AND kind = 'switched_off'")
                == before.values().stream().filter("b"::equals).count());
    var decisions = world.one.get("/api/experiments/off/decisions").json().path("decisions");
    assertThat(decisions.findValuesAsText("decision"))
        .containsExactly("created", "started", "switched_off");
    assertThat(decisions.get(2).path("reason").asText()).isEqualTo("a test");
    var again = world.one.post("/api/experiments/off/variants/b/off", "{\"reason\": \"twice\"}");
    assertThat(again.status()).as("no other epoch is opened for it").isEqualTo(409);
    assertThat(again.json().path("detail").asText()).contains("off already");
    var weights = world.one.put("/api/experiments/off/weights", "{\"b\": 1}");
    assertThat(weights.status()).isEqualTo(409);
    assertThat(weights.json().path("detail").asText()).contains("switch it on first");
    var control = world.one.post("/api/experiments/off/variants/a/off", "{\"reason\": \"a test\"}");
    assertThat(control.status()).isEqualTo(409);
    assertThat(control.json().path("detail").asText()).contains("is control");
    var on = world.one.post("/api/experiments/off/variants/b/on", "{\"weight\": 1}");
    assertThat(on.status()).as(on.raw().body()).isEqualTo(200);
    assertThat(world.one.put("/api/experiments/off/weights", "{\"b\": 2}").status()).isEqualTo(200);
    world.one.post("/api/experiments/off/stop", "{}");
  }

  @Test
  void aPausedExperimentKeepsItsUsersAndLetsNobodyIn() {
    var function = "linkedin-post";
    world.start(world.draft("paused", function, world.version(function, 0.14)));
    var arm = world.variant(world.one, function, "early");
    awaitUnits("paused", 1);

    world.one.post("/api/experiments/paused/pause", "{}");

    assertThat(world.variant(world.one, function, "early")).isEqualTo(arm);
    assertThat(world.variant(world.one, function, "late")).isEmpty();
    assertThat(world.one.post("/api/experiments/paused/pause", "{}").status()).isEqualTo(409);
    world.one.post("/api/experiments/paused/resume", "{}");
    assertThat(world.variant(world.one, function, "late")).isNotEmpty();
    var concluded =
        world.one.post(
            "/api/experiments/paused/conclude", "{\"winner\": \"b\", \"promote\": true}");
    assertThat(concluded.status()).as(concluded.raw().body()).isEqualTo(200);
    assertThat(world.variant(world.one, function, "early")).isEmpty();
    assertThat(
            world.one.get("/api/prompts/" + function + "/versions").json().path("serving").asText())
        .isEqualTo(concluded.json().at("/variants/1/prompt_version").asText());
    world.one.delete("/api/prompts/" + function + "/labels/production");
  }

  @Test
  void twoExperimentsOnOneFunctionStandInDifferentSlotsOrAreRefused() {
    var function = "resume-generation";
    var version = world.version(function, 0.15);
    var first = world.draft("first", function, version);
    first.putArray("slots").add(0).add(5_000);
    world.start(first);
    var second = world.draft("second", function, version);
    second.putArray("slots").add(4_000).add(9_000);
    world.one.post("/api/experiments", second.toString());

    var refused = world.one.post("/api/experiments/second/start", "{}");

    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.json().path("detail").asText()).contains("'first'");
    assertThat(world.show("second").path("status").asText()).isEqualTo("draft");
    assertThat(world.one.delete("/api/experiments/second").status()).isEqualTo(200);
    var third = world.draft("third", function, version);
    third.putArray("slots").add(5_000).add(10_000);
    world.start(third);
    for (var n = 0; n < 6; n++) {
      var user = "slots-" + n;
      var call = world.call(world.one, function, user).json();
      assertThat(call.at("/meta/experiment").asText())
          .isEqualTo(Draw.slot(function, user) < 5_000 ? "first" : "third");
    }
    var elsewhere = world.draft("fourth", function, version).put("layer", "another");
    world.one.post("/api/experiments", elsewhere.toString());
    assertThat(world.one.post("/api/experiments/fourth/start", "{}").status()).isEqualTo(409);
    world.one.post("/api/experiments/first/stop", "{}");
    world.one.post("/api/experiments/third/stop", "{}");
  }

  static List<Map.Entry<String, Consumer<ObjectNode>>> wrong() {
    return List.of(
        Map.entry("weight", e -> arm(e, 1).put("weight", -1)),
        Map.entry(
            "All weights are zero",
            e -> {
              arm(e, 0).put("weight", 0);
              arm(e, 1).put("weight", 0);
            }),
        Map.entry("has no 'prompt_version'", e -> arm(e, 1).remove("prompt_version")),
        Map.entry("no version", e -> arm(e, 1).put("prompt_version", "ffffffffffff")),
        Map.entry("Two variants", e -> arm(e, 1).put("name", "a")),
        Map.entry("control", e -> arm(e, 1).put("control", true)),
        Map.entry("control", e -> arm(e, 0).put("control", false)),
        Map.entry("'variants'", e -> e.putArray("variants")),
        Map.entry("no function", e -> e.put("function", "nothing-of-the-kind")),
        Map.entry("'slots'", e -> e.putArray("slots").add(5).add(5)),
        Map.entry("'alpha'", e -> e.put("alpha", 0.9)),
        Map.entry("below 0.5", e -> e.put("alpha", 0.5)),
        Map.entry("below 0.5", e -> e.put("guardrail_alpha", 0.5)),
        Map.entry(
            "below 1",
            e -> e.putArray("guardrails").addObject().put("metric", "failed").put("margin", 1)),
        Map.entry("did you mean", e -> e.put("varients", 1)),
        Map.entry("margin", e -> e.putArray("guardrails").addObject().put("metric", "failed")),
        Map.entry("floor", e -> e.withObject("/bandit").put("floor", 0.001)),
        Map.entry("model", e -> arm(e, 1).put("model", "nobody/knows-it")),
        Map.entry("'name'", e -> e.put("name", "No Name")));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void whatIsWrongIsRefusedAndNothingIsKept(Map.Entry<String, Consumer<ObjectNode>> fault) {
    var draft = world.draft("wrong", "cover-letter", "production");
    fault.getValue().accept(draft);

    var refused = world.one.post("/api/experiments", draft.toString());

    assertThat(refused.status()).as(refused.raw().body()).isIn(400, 404);
    assertThat(refused.json().path("detail").asText()).contains(fault.getKey());
    assertThat(world.one.get("/api/experiments/wrong").status()).isEqualTo(404);
    assertThat(
            world.database.count(
                "SELECT count(*) FROM prompt_experiments WHERE experiment_name = 'wrong'"))
        .isZero();
  }

  private static ObjectNode arm(ObjectNode experiment, int n) {
    return (ObjectNode) experiment.path("variants").get(n);
  }

  private static void awaitUnits(String experiment, int users) {
    Eventually.until(
        users + " users of " + experiment,
        () ->
            world.database.count(
                    "SELECT count(*) FROM experiment_units WHERE experiment_name = '"
                        + experiment
                        + "' AND user_id <> 'somebody-else'")
                >= users);
  }
}
