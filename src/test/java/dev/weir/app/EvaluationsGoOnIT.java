package dev.weir.app;

import static dev.weir.app.EvaluationWorld.cases;
import static dev.weir.app.EvaluationWorld.order;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import dev.weir.testing.Turn;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A Weir is stopped in the middle of evaluations, and the next one goes on with them. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EvaluationsGoOnIT {
  private static final int ITEMS = 60;
  private static final BigDecimal BUDGET = new BigDecimal("0.03");
  private static final Turn ANSWER =
      Turn.answer("{\"answer\": \"question 7\"}").tokens(1_000, 500).after(Duration.ofMillis(100));

  private TestDatabase database;
  private EvaluationWorld next;
  private String candidate;
  private JsonNode left;

  @BeforeAll
  void stopOneAndStartTheNext(TestDatabase given, @TempDir Path former, @TempDir Path latter) {
    database = given;
    try (var first = new EvaluationWorld(given, former)) {
      candidate = first.version("openai/gpt-5-mini", "Answer {{question}}");
      first.answerOnly(8, ANSWER);
      first.begin(whole("whole"));
      Eventually.until(
          "some are answered, and four are not",
          () -> isUnderWay(first, "whole") && first.fake.requests().size() == 12);
      first.answerOnly(8, ANSWER);
      first.begin(whole("tight").put("budget_usd", BUDGET));
      Eventually.until("some are answered", () -> isUnderWay(first, "tight"));
    }
    left = shown("whole");
    copy("changed", "asks = '{quiz 0 openai/other}'");
    copy("unwanted", "stop_asked = true");
    // The first in the line.
    copy("strange", "scorers = '{of a Weir to come}', moved_at = moved_at - interval '9 seconds'");
    // As where a month has ended meanwhile: the ledger would let it spend its budget once more.
    database.execute(
        "UPDATE subject_limits SET amount = 1000, changed_at = now() WHERE subject_id ="
            + " 'weir-eval.tight'");
    next = new EvaluationWorld(given, latter);
    next.fake.always(ANSWER);
    List.of("whole", "tight", "changed", "unwanted", "strange").forEach(next::ended);
  }

  @AfterAll
  void stop() {
    next.close();
  }

  private ObjectNode whole(String name) {
    return cases(order(candidate, "exact", "schema"), ITEMS, i -> i % 3 == 0 ? "" : "u" + i % 7)
        .put("baseline", "production")
        .put("name", name);
  }

  private static boolean isUnderWay(EvaluationWorld world, String name) {
    return world.show(name).path("done").asInt() > 0;
  }

  private JsonNode shown(String name) {
    return Json.parse(
        database
            .value(
                """
                SELECT jsonb_build_object('status', status, 'handed_over', handed_over, 'done', done, 'items', items,
                  'left', (SELECT count(*) FROM evaluation_work w WHERE w.evaluation_name = e.evaluation_name),
                  'scored', (SELECT count(*) FROM evaluation_items i WHERE i.evaluation_name = e.evaluation_name))::text
                FROM evaluations e WHERE evaluation_name = ?
                """,
                name)
            .toString());
  }

  private void copy(String name, String change) {
    database.execute(
        """
        INSERT INTO evaluations SELECT (jsonb_populate_record(e, jsonb_build_object('evaluation_name', ?::text))).*
        FROM evaluations e WHERE evaluation_name = 'whole'
        """,
        name);
    for (var table : new String[] {"evaluation_work", "evaluation_items"}) {
      database.execute(
          "INSERT INTO "
              + table
              + " SELECT (jsonb_populate_record(t, jsonb_build_object('evaluation_name',"
              + " ?::text))).* FROM "
              + table
              + " t WHERE evaluation_name = 'whole'",
          name);
    }
    database.execute("UPDATE evaluations SET " + change + " WHERE evaluation_name = ?", name);
  }

  private String usage(JsonNode evaluation) {
    return database
        .value(
            "SELECT coalesce(sum(cost_usd), 0)::text FROM ai_usage_metrics WHERE user_id = ?",
            evaluation.path("account").asText())
        .toString();
  }

  private void usageComesToAgreeWith(JsonNode evaluation) {
    Eventually.until(
        "usage and report agree",
        () ->
            new BigDecimal(usage(evaluation)).compareTo(evaluation.path("spent_usd").decimalValue())
                == 0);
  }

  @Test
  void whatIsLeftIsWrittenDownWhenTheNodeHasGone() {
    assertThat(left.path("status").asText()).isEqualTo("running");
    assertThat(left.path("handed_over").asBoolean()).isTrue();
    assertThat(left.path("left").asInt()).isBetween(1, ITEMS - 1);
    assertThat(left.path("scored").asInt()).isEqualTo(left.path("done").asInt());
    assertThat(left.path("left").asInt() + left.path("scored").asInt()).isEqualTo(ITEMS);
  }

  @Test
  void theNextNodeComesToTheEndThatItWouldHaveHadWithoutAStop() {
    var so = next.show("whole");

    assertThat(so.path("status").asText()).isEqualTo("done");
    assertThat(so.path("turn").asInt()).isEqualTo(2);
    assertThat(so.path("done").asInt()).isEqualTo(ITEMS);
    assertThat(shown("whole").path("scored").asInt()).isEqualTo(ITEMS);
    assertThat(shown("whole").path("left").asInt()).isZero();
    usageComesToAgreeWith(so);
    // What was under way at the stop is asked again, and nothing else: four items at most.
    var asked =
        database.count(
            "SELECT count(*) FROM ai_usage_metrics WHERE user_id = ? AND provider = 'openai'",
            so.path("account").asText());
    assertThat(asked).isBetween((long) ITEMS, ITEMS + 4L);
    // The same cases once more, by one node: names order users, so figures may differ in the order.
    var other = next.evaluate(whole("undisturbed"));
    assertThat(other.path("turn").asInt()).isEqualTo(1);
    assertThat(figures(so)).isEqualTo(figures(other));
  }

  /** Whatever does not depend on times and on the order of users. */
  private static ObjectNode figures(JsonNode so) {
    var report = (ObjectNode) so.path("report").deepCopy();
    for (var side : new String[] {"baseline", "candidate"}) {
      ((ObjectNode) report.path(side)).remove("p50_ms");
    }
    report
        .path("scorers")
        .forEach(line -> ((ObjectNode) line).retain("items", "users", "finding", "without_score"));
    return report;
  }

  @Test
  void theBudgetHoldsOverAllNodesTogether() {
    var so = next.show("tight");

    assertThat(so.path("status").asText()).isEqualTo("budget");
    assertThat(so.path("turn").asInt()).isEqualTo(2);
    assertThat(so.path("spent_usd").decimalValue()).isPositive().isLessThanOrEqualTo(BUDGET);
    usageComesToAgreeWith(so);
    assertThat(shown("tight").path("left").asInt()).as("cases that are kept").isZero();
  }

  @Test
  void whatWouldAskSomethingElseByNowIsClosedWithWhatIsKnown() {
    var so = next.show("changed");

    assertThat(so.path("status").asText()).isEqualTo("interrupted");
    assertThat(so.path("reason").asText()).contains("quiz 0 openai/other").contains(candidate);
    assertThat(so.path("done").asInt()).isEqualTo(left.path("done").asInt());
    assertThat(so.at("/report/items").asInt() + so.at("/report/left_out").asInt())
        .isEqualTo(left.path("scored").asInt());
    assertThat(shown("changed").path("left").asInt()).isZero();
  }

  @Test
  void whatThisWeirCannotReadIsClosedAndKeepsNoOtherFromGoingOn() {
    var so = next.show("strange");

    assertThat(so.path("status").asText()).isEqualTo("interrupted");
    assertThat(so.path("reason").asText()).contains("A scorer is").contains("of a Weir to come");
    assertThat(shown("strange").path("left").asInt()).isZero();
  }

  @Test
  void whatWasStoppedMeanwhileIsNotTakenUpAgain() {
    var so = next.show("unwanted");

    assertThat(so.path("status").asText()).isEqualTo("stopped");
    assertThat(shown("unwanted").path("scored").asInt()).isEqualTo(left.path("scored").asInt());
  }
}
