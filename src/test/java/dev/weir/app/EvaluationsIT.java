package dev.weir.app;

import static dev.weir.app.EvaluationWorld.cases;
import static dev.weir.app.EvaluationWorld.order;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Evaluations of a function whose answers are known: the sandbox says what it was told to say. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EvaluationsIT {
  private EvaluationWorld world;
  private Management one;
  private TestDatabase database;
  private String repeats;
  private String stubborn;

  @BeforeAll
  void start(TestDatabase given, @TempDir Path folder) {
    database = given;
    world = new EvaluationWorld(given, folder);
    one = world.one;
    repeats = world.repeats;
    stubborn = world.version("{\"answer\": \"no {{question}}\"}");
  }

  @AfterAll
  void stop() {
    world.close();
  }

  private String refused(ObjectNode order, int status) {
    var got = one.post("/api/evaluations", order.toString());
    assertThat(got.status()).as(got.raw().body()).isEqualTo(status);
    return got.json().path("detail").asText();
  }

  @Test
  void aCandidateThatIsAlwaysWrongIsFoundWorse() {
    var so =
        world.evaluate(cases(order(stubborn, "schema", "exact", "contains"), 60, i -> "u" + i));

    assertThat(so.path("status").asText()).isEqualTo("done");
    assertThat(so.path("done").asInt()).isEqualTo(60);
    var exact = so.at("/report/scorers/1");
    assertThat(exact.path("scorer").asText()).isEqualTo("exact");
    assertThat(exact.path("users").asInt()).isEqualTo(60);
    assertThat(exact.path("baseline_mean").doubleValue()).isEqualTo(1);
    assertThat(exact.path("candidate_mean").doubleValue()).isZero();
    assertThat(exact.path("difference").doubleValue()).isEqualTo(-1);
    assertThat(exact.path("upper").doubleValue()).isNegative();
    assertThat(exact.path("finding").asText()).isEqualTo("worse");
    var schema = so.at("/report/scorers/0");
    assertThat(schema.path("difference").doubleValue()).isZero();
    assertThat(schema.path("finding").asText()).isEqualTo("no_difference_found");
    assertThat(so.at("/report/agreement/same").asInt()).isZero();
    assertThat(so.at("/report/alpha_of_each").doubleValue()).isCloseTo(0.05 / 3, within(1e-9));
  }

  @Test
  void anEqualCandidateIsNotFoundDifferent() {
    var so = world.evaluate(cases(order(repeats, "exact"), 40, _ -> ""));

    var exact = so.at("/report/scorers/0");
    assertThat(exact.path("users").asInt()).isEqualTo(40);
    assertThat(exact.path("candidate_mean").doubleValue()).isEqualTo(1);
    assertThat(exact.path("difference").doubleValue()).isZero();
    assertThat(exact.path("lower").doubleValue()).isNegative();
    assertThat(exact.path("upper").doubleValue()).isPositive();
    assertThat(exact.path("finding").asText()).isEqualTo("no_difference_found");
    assertThat(so.at("/report/agreement/share").doubleValue()).isEqualTo(1);
  }

  @Test
  void itsCallsAreNotTheFunctionsOwn() {
    var so = world.evaluate(cases(order(repeats, "schema"), 3, _ -> ""));

    Eventually.until(
        "the usage is written",
        () ->
            database.count(
                    "SELECT count(*) FROM ai_usage_metrics WHERE user_id = ? AND function_name ="
                        + " 'quiz@eval'",
                    so.path("account").asText())
                == 6);
    assertThat(
            database.count(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id LIKE 'weir-eval.%' AND"
                    + " function_name = 'quiz'"))
        .isZero();
  }

  @Test
  void whatCannotBeDoneIsToldBeforeAnythingIsAsked() {
    assertThat(refused(order("candidate"), 404)).contains("no label 'candidate'");
    assertThat(refused(order(repeats).put("function", "quizz"), 404)).contains("Did you mean quiz");
    assertThat(refused(order(repeats).put("baseline", "nobody"), 404)).contains("'nobody'");
    assertThat(refused(order(repeats, "taste"), 400)).contains("A scorer is schema");
    assertThat(refused(order(repeats, "judge:quiz"), 400)).contains("'quiz' cannot judge");
    assertThat(refused(order(repeats, "judge:nobody"), 400)).contains("'nobody'");
    assertThat(refused(order(repeats).put("version", "0123456789ab"), 400))
        .contains("no stored contents");
    assertThat(refused(order(repeats).put("budget_usd", -1), 400)).contains("'budget_usd'");
    assertThat(refused(order(repeats).put("limit", 100_000), 400)).contains("'limit'");
    assertThat(refused(order(repeats).put("surprise", 1), 400)).contains("none of");
    var malformed = cases(order(repeats), 3, _ -> "");
    ((ObjectNode) malformed.at("/cases/1")).put("line", 7).putObject("input").put("question", 5);
    assertThat(refused(malformed, 400)).contains("line 7: $.question").doesNotContain("question 0");
    ((ObjectNode) malformed.at("/cases/1")).remove("input");
    assertThat(refused(malformed, 400)).contains("Line 7: 'input' is missing");
    assertThat(refused(cases(order(repeats), 2, _ -> "weir-eval.x"), 400)).contains("'user'");
    assertThat(refused(cases(order(repeats), 2, _ -> "").put("baseline", "stored"), 400))
        .contains("Line 1: 'output' is missing");
    assertThat(one.get("/api/evaluations/nobody").status()).isEqualTo(404);
    assertThat(one.post("/api/evaluations/nobody/stop", "{}").status()).isEqualTo(404);
  }

  @Test
  void aNameStandsForOneEvaluation() {
    world.evaluate(cases(order(repeats), 1, _ -> "").put("name", "once"));

    assertThat(refused(cases(order(repeats), 1, _ -> "").put("name", "once"), 409))
        .contains("'once'");
    assertThat(one.get("/api/evaluations").json().path("evaluations"))
        .anySatisfy(e -> assertThat(e.path("name").asText()).isEqualTo("once"));
  }

  @Test
  void casesMayBeMoreThanAnOtherBodyMay() {
    var large = cases(order(repeats, "exact"), 1, _ -> "");
    ((ObjectNode) large.at("/cases/0")).put("expected", "x".repeat(3_000_000));

    var so = world.evaluate(large);

    assertThat(so.at("/report/scorers/0/candidate_mean").doubleValue()).isZero();
    large.put("name", "x".repeat(14_000_000));
    assertThat(refused(large, 413)).contains("16777216 bytes");
    assertThat(
            one.post("/api/evaluations/x/stop", "{\"x\": \"" + "x".repeat(400_000) + "\"}")
                .status())
        .isEqualTo(413);
  }
}
