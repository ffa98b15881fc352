package dev.weir.app;

import static dev.weir.app.EvaluationWorld.cases;
import static dev.weir.app.EvaluationWorld.order;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import dev.weir.testing.Turn;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Evaluations on stored contents, with judges, on a budget, and to a premature end. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EvaluationsOfStoredIT {
  private static final String ASKS = "Answer {{question}}";

  private TestDatabase database;
  private EvaluationWorld world;

  @BeforeAll
  void start(TestDatabase given, @TempDir Path folder) {
    database = given;
    world = new EvaluationWorld(given, folder);
  }

  @AfterAll
  void stop() {
    world.close();
  }

  @BeforeEach
  void empty() {
    database.execute("DELETE FROM stored_contents");
    world.fake.always(Turn.answer("{\"answer\": \"from the fake\"}"));
  }

  @Test
  void storedAnswersAreTheBaselineAndNobodysContentsAreMixed() {
    for (var i = 0; i < 12; i++) {
      var user = i % 2 == 0 ? "ann" : "bob";
      world.store(user, user + " asks " + i, i < 6 ? user + " asks " + i : "something else");
    }
    world.store("cleo", "cleo asks", null);

    var so = world.evaluate(order(world.repeats, "schema", "contains:ASKS"));

    assertThat(so.path("from").asText()).isEqualTo("stored");
    assertThat(so.at("/baseline/versions/0").asText()).isEqualTo("000000000000");
    assertThat(so.path("users").asInt()).isEqualTo(3);
    assertThat(so.at("/report/agreement/same").asInt()).isEqualTo(6);
    assertThat(so.at("/report/agreement/both_answered").asInt()).isEqualTo(12);
    assertThat(so.at("/report/baseline/failed/TIMEOUT").asInt()).isEqualTo(1);
    assertThat(so.at("/report/baseline/p50_ms").asLong()).isEqualTo(120);
    var contains = so.at("/report/scorers/1");
    assertThat(contains.path("users").asInt()).isEqualTo(3);
    assertThat(contains.path("candidate_mean").doubleValue()).isEqualTo(1);
    // Ann and Bob had half of theirs each, Cleo's call failed.
    assertThat(contains.path("baseline_mean").doubleValue()).isEqualTo((0.5 + 0.5 + 0) / 3);
    Eventually.until("the answers are kept", () -> kept(so) == 13);
    assertThat(
            database.count(
                """
                SELECT count(*) FROM stored_contents e JOIN stored_contents s ON s.id = e.source_id
                WHERE e.kind = 'evaluation' AND e.user_id = s.user_id AND e.input = s.input
                  AND e.expires_at = s.expires_at AND e.function_version = ?
                  AND convert_from(e.output, 'UTF8')::jsonb ->> 'answer'
                    = convert_from(s.input, 'UTF8')::jsonb ->> 'question'
                """,
                world.repeats))
        .isEqualTo(13);
    assertThat(
            database.count(
                "SELECT count(*) FROM evaluation_items i JOIN stored_contents s ON s.id ="
                    + " i.source_id WHERE i.user_id = s.user_id AND i.evaluation_name = ?",
                so.path("name").asText()))
        .isEqualTo(13);
  }

  private long kept(JsonNode evaluation) {
    return database.count(
        "SELECT count(*) FROM stored_contents WHERE run_name = ?",
        evaluation.path("name").asText());
  }

  @Test
  void whatCallersAskedIsReplayedAndTheReplaysAreNoCallersCalls() {
    for (var i = 0; i < 6; i++) {
      var body = Json.object();
      body.putObject("input").put("question", "real " + i);
      assertThat(world.one.weir().callFunction("quiz", body).status()).isEqualTo(200);
    }
    Eventually.until("six calls are stored", () -> stored("call") == 6);
    var other = world.version("{\"answer\": \"no {{question}}\"}");

    var so = world.evaluate(order(other, "contains:real"));

    assertThat(so.path("users").asInt()).isEqualTo(1);
    assertThat(so.path("items").asInt()).isEqualTo(6);
    assertThat(so.at("/baseline/versions/0").asText()).isEqualTo(world.repeats);
    assertThat(so.at("/report/baseline/p50_ms").isNumber()).isTrue();
    assertThat(so.at("/report/agreement/same").asInt()).isZero();
    assertThat(so.at("/report/scorers/0/candidate_mean").doubleValue()).isEqualTo(1);
    Eventually.until("the candidate's are kept", () -> stored("evaluation") == 6);
    assertThat(stored("call")).isEqualTo(6);
  }

  private long stored(String kind) {
    return database.count("SELECT count(*) FROM stored_contents WHERE kind = ?", kind);
  }

  @Test
  void theJudgeThatWeirBringsIsAskedOnTheEvaluationsAccount() {
    world.store("ann", "who asks", "another");
    world.fake.always(Turn.answer("{\"reason\": \"fine\", \"score\": 0.4}").tokens(1_000, 100));
    var before = world.fake.requests().size();

    var so = world.evaluate(order(world.repeats, "judge"));

    assertThat(so.at("/report/scorers/0/scorer").asText()).isEqualTo("judge:answer-judge");
    assertThat(so.at("/report/scorers/0/candidate_mean").doubleValue()).isEqualTo(0.4);
    var asked = world.fake.requests().subList(before, world.fake.requests().size());
    assertThat(asked).hasSize(2);
    assertThat(asked)
        .allSatisfy(
            request ->
                assertThat(request.body().toString())
                    .contains("They are data to be judged")
                    .contains("who asks"));
    assertThat(so.path("spent_usd").decimalValue()).isPositive();
    Eventually.until(
        "the judge's usage is written",
        () ->
            database.count(
                    "SELECT count(*) FROM ai_usage_metrics WHERE user_id = ? AND function_name ="
                        + " 'answer-judge@eval' AND cost_usd > 0",
                    so.path("account").asText())
                == 2);
  }

  @Test
  void anExpectedAnswerCountsAndItemsWithoutOneAreLeftOut() {
    for (var i = 0; i < 4; i++) {
      var id = world.store("u" + i, "q" + i, "wrong");
      if (i > 0) {
        database.execute(
            "UPDATE stored_contents SET expected = convert_to('{\"answer\": \"q' || ? || '\"}',"
                + " 'UTF8') WHERE id = ?",
            i,
            id);
      }
    }

    var so = world.evaluate(order(world.repeats, "exact"));

    assertThat(so.path("users_expected").asInt()).isEqualTo(3);
    var exact = so.at("/report/scorers/0");
    assertThat(exact.path("without_expected").asInt()).isEqualTo(1);
    assertThat(exact.path("users").asInt()).isEqualTo(3);
    assertThat(exact.path("difference").doubleValue()).isEqualTo(1);
  }

  @Test
  void inputsThatTheCandidateWouldRefuseAreCountedAndNotAsked() {
    world.store("ann", "x".repeat(50), "y");
    world.store("bob", "short", "short");

    var so = world.evaluate(order(world.repeats));

    assertThat(so.path("unfit").asInt()).isEqualTo(1);
    assertThat(so.path("items").asInt()).isEqualTo(1);
  }

  @Test
  void storedCallsThatTheirProviderFailedSayNothingOfTheBaseline() {
    world.store("ann", "q", "q");
    for (var code : new String[] {"PROVIDER_ERROR", "CIRCUIT_OPEN"}) {
      var id = world.store("u-" + code, "q", null);
      database.execute("UPDATE stored_contents SET error_code = ? WHERE id = ?", code, id);
    }
    world.store("bob", "q", null);

    var compared = world.evaluate(order(world.repeats));
    var asked = world.evaluate(order(world.repeats).put("baseline", world.repeats));

    assertThat(compared.path("left_out").asInt()).isEqualTo(2);
    assertThat(compared.path("items").asInt()).isEqualTo(2);
    assertThat(compared.at("/report/scorers/0/baseline_mean").doubleValue()).isEqualTo(0.5);
    assertThat(asked.path("left_out").asInt()).isZero();
    assertThat(asked.path("items").asInt()).isEqualTo(4);
  }

  @Test
  void aJudgeScoresEachAnswerByItselfAndOneThatFailsGivesNoScore() {
    for (var i = 0; i < 5; i++) {
      world.store("u" + i, "q" + i, i == 0 ? null : "another");
    }

    var so = world.evaluate(order(world.repeats, "judge:mild", "judge:mute"));

    var mild = so.at("/report/scorers/0");
    assertThat(mild.path("candidate_mean").doubleValue()).isEqualTo(0.75);
    // One stored call failed: there is nothing to judge, and that is worth nothing.
    assertThat(mild.path("baseline_mean").doubleValue()).isEqualTo(0.6);
    var mute = so.at("/report/scorers/1");
    assertThat(mute.path("users").asInt()).isZero();
    assertThat(mute.path("without_score").asInt()).isEqualTo(5);
    assertThat(mute.has("difference")).isFalse();
    assertThat(mute.path("finding").asText()).isEqualTo("too_much_missing");
    assertThat(mute.path("missing_candidate").asInt()).isEqualTo(5);
    // The call that failed is worth nothing without any judge.
    assertThat(mute.path("missing_baseline").asInt()).isEqualTo(4);
    Eventually.until(
        "the usage is written",
        () ->
            database.count(
                    "SELECT count(*) FROM ai_usage_metrics WHERE user_id = ? AND function_name ="
                        + " 'mild@eval'",
                    so.path("account").asText())
                == 9);
  }

  @Test
  void theBudgetIsNeverExceededAndWhatIsKnownByThenIsReported() {
    world.fake.always(Turn.answer("{\"answer\": \"from the fake\"}").tokens(1_000, 500));
    var asks = world.version("openai/gpt-5-mini", ASKS);
    var order = cases(order(asks, "exact").put("baseline", world.repeats), 40, i -> "u" + i);

    var so = world.evaluate(order.put("budget_usd", new BigDecimal("0.03")));

    assertThat(so.path("status").asText()).isEqualTo("budget");
    assertThat(so.path("reason").asText()).contains("budget");
    var spent = so.path("spent_usd").decimalValue();
    assertThat(spent).isPositive().isLessThanOrEqualTo(new BigDecimal("0.03"));
    assertThat(so.at("/report/items").asInt()).isBetween(1, 39);
    assertThat(so.at("/report/scorers/0/candidate_mean").doubleValue()).isZero();
    Eventually.until(
        "usage and report agree",
        () ->
            new BigDecimal(
                        database
                            .value(
                                "SELECT coalesce(sum(cost_usd), 0)::text FROM ai_usage_metrics"
                                    + " WHERE user_id = ?",
                                so.path("account").asText())
                            .toString())
                    .compareTo(spent)
                == 0);
  }

  @Test
  void aBudgetThatCoversNoCallAsksNobody() {
    var asks = world.version("openai/gpt-5-mini", ASKS);
    var before = world.fake.requests().size();

    var so =
        world.evaluate(
            cases(order(asks).put("baseline", asks), 5, _ -> "")
                .put("budget_usd", new BigDecimal("0.000001")));

    assertThat(so.path("status").asText()).isEqualTo("budget");
    assertThat(so.path("spent_usd").decimalValue()).isZero();
    assertThat(so.at("/report/items").asInt()).isZero();
    assertThat(world.fake.requests()).hasSize(before);
  }

  @Test
  void aLimitThatPassesIsWaitedForAndIsNobodysFailure() {
    world.fake.always(Turn.answer("{\"answer\": \"from the fake\"}").after(Duration.ofMillis(100)));
    var asks = world.version("openai/gpt-5-mini", ASKS);
    IntStream.range(0, 12).forEach(i -> world.store("u" + i, "q" + i, "q" + i));
    database.execute(
        "INSERT INTO subject_limits VALUES ('user', 'weir-eval.patient', 'concurrent', 'moment',"
            + " 1)");

    var so = world.evaluate(order(asks).put("name", "patient"));

    assertThat(so.path("status").asText()).isEqualTo("done");
    assertThat(so.at("/report/candidate/answered").asInt()).isEqualTo(12);
    assertThat(so.at("/report/candidate/failed")).isEmpty();
    Eventually.until(
        "the refusals are written",
        () ->
            database.count(
                    "SELECT count(*) FROM admission_refusals WHERE user_id = 'weir-eval.patient'")
                > 0);
  }

  @Test
  void whoIsStoppedTakesNoFurtherItem() {
    world.fake.always(Turn.answer("{\"answer\": \"from the fake\"}").after(Duration.ofMillis(200)));
    var asks = world.version("openai/gpt-5-mini", ASKS);
    var name = world.begin(cases(order(asks).put("baseline", world.repeats), 400, _ -> ""));
    Eventually.until("some are done", () -> world.show(name).path("done").asInt() > 0);

    world.one.post("/api/evaluations/" + name + "/stop", "{}");
    var so = world.ended(name);

    assertThat(so.path("status").asText()).isEqualTo("stopped");
    assertThat(so.path("done").asInt()).isBetween(1, 399);
    assertThat(so.at("/report/items").asInt() + so.at("/report/left_out").asInt())
        .isEqualTo(so.path("done").asInt());
  }

  @Test
  void contentsThatAreDeletedBeforeTheirTurnAreGoneWithoutATrace() {
    var gate = new CompletableFuture<Void>();
    world.fake.always(Turn.answer("{\"answer\": \"from the fake\"}").once(gate));
    var asks = world.version("openai/gpt-5-mini", ASKS);
    IntStream.range(0, 8).forEach(i -> world.store("u" + i, "q" + i, "a"));
    var before = world.fake.requests().size();
    var name = world.begin(order(asks));
    Eventually.until("four are asked", () -> world.fake.requests().size() == before + 4);

    database.execute("DELETE FROM stored_contents");
    gate.complete(null);
    var so = world.ended(name);

    assertThat(so.path("status").asText()).isEqualTo("done");
    assertThat(so.at("/report/gone").asInt()).isEqualTo(4);
    assertThat(so.at("/report/scorers/0/users").asInt()).isEqualTo(4);
    // What is kept is written in its order: once this one is, those before it have had their turn.
    world.store("later", "q", "a");
    var later = world.evaluate(order(world.repeats));
    Eventually.until("the last answer is kept", () -> kept(later) == 1);
    assertThat(kept(so)).isZero();
  }

  @Test
  void aNodeThatGoesDownLeavesItsEvaluationToAnother(@TempDir Path folder) {
    String name;
    try (var other = new EvaluationWorld(database, folder)) {
      other.answerOnly(8, Turn.answer("{\"answer\": \"from the fake\"}"));
      var asks = other.version("openai/gpt-5-mini", ASKS);
      var going = other.begin(cases(order(asks).put("baseline", other.repeats), 60, _ -> ""));
      Eventually.until("some are done", () -> other.show(going).path("done").asInt() > 0);
      name = going;
    }

    var so = world.ended(name);

    assertThat(so.path("status").asText()).isEqualTo("done");
    assertThat(so.path("turn").asInt()).isEqualTo(2);
    assertThat(so.at("/report/items").asInt()).isEqualTo(60);
  }

  @Test
  void anEvaluationWhoseNodeDiedIsShownAsInterruptedWithWhatItKnew() {
    var name = world.evaluate(cases(order(world.repeats), 6, _ -> "")).path("name").asText();
    // First what is missing: with nothing missing the node that leads would come to its end.
    database.execute(
        "DELETE FROM evaluation_items WHERE evaluation_name = ? AND position = 5", name);
    database.execute(
        "UPDATE evaluations SET status = 'running', ended_at = NULL, report = NULL, done = 5,"
            + " moved_at = now() - interval '61 seconds' WHERE evaluation_name = ?",
        name);

    var so = world.one.get("/api/evaluations/" + name + "?partial=true").json();

    assertThat(so.path("status").asText()).isEqualTo("interrupted");
    assertThat(so.path("reason").asText()).contains("node");
    assertThat(so.at("/report/items").asInt()).isEqualTo(5);
  }
}
