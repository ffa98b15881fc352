package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class EvaluationUpkeepIT {
  private TestDatabase database;
  private Database pools;
  private EvaluationUpkeep upkeep;

  @BeforeEach
  void use(TestDatabase given, Vertx vertx) {
    database = given;
    pools = given.database(vertx);
    upkeep = new EvaluationUpkeep(vertx, new EvaluationTable(pools));
    database.execute("DELETE FROM evaluations");
    database.execute("DELETE FROM job_leases");
  }

  private void evaluation(String name, String silent, int scored) {
    database.execute(
        """
        INSERT INTO evaluations (evaluation_name, function_name, candidate, candidate_version, baseline, baseline_versions,
          scorers, item_source, items, units, units_expected, unfit, budget_usd, created_by, done, moved_at)
        VALUES (?, 'quiz', 'candidate', 'v', 'stored', '{}', '{judge:j}', 'cases', 60, 60, 0, 0, 1, 'me', ?,
          now() - ?::interval)
        """,
        name,
        scored,
        silent);
    database.execute(
        """
        INSERT INTO evaluation_items (evaluation_name, position, user_id, unit, unit_items, baseline_outcome,
          candidate_outcome, scores)
        SELECT ?, i, 'u' || i, i, 1, 'ok', 'ok', '{"judge:j": [0, 1]}' FROM generate_series(0, ?) AS i
        """,
        name,
        scored - 1);
  }

  private void round() throws Exception {
    var fence =
        (Long) database.value("SELECT weir_lead('evaluation-scores', 'me', interval '1 minute')");
    upkeep
        .round(new Turn("evaluation-scores", fence, pools))
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  private Object value(String what, String name) {
    return database.value("SELECT " + what + " FROM evaluations WHERE evaluation_name = ?", name);
  }

  @Test
  void anEvaluationWhoseNodeDiedIsClosedWithAReportOfWhatThereIs() throws Exception {
    evaluation("dead", "11 minutes", 50);
    evaluation("quiet", "9 minutes", 50);

    round();

    assertThat(value("status", "dead")).isEqualTo("interrupted");
    assertThat(value("reason", "dead").toString()).contains("node");
    assertThat(value("ended_at IS NOT NULL", "dead")).isEqualTo(true);
    var report = Json.parse(value("report::text", "dead").toString());
    assertThat(report.path("items").asInt()).isEqualTo(50);
    assertThat(report.at("/scorers/0/finding").asText()).isEqualTo("better");
    assertThat(value("status", "quiet")).isEqualTo("running");
  }

  @Test
  void scoresGoAfterNinetyDaysAndTheReportStays() throws Exception {
    evaluation("old", "11 minutes", 50);
    round();
    database.execute(
        "UPDATE evaluation_items SET scored_at = now() - interval '91 days' WHERE position < 49");

    round();

    assertThat(database.count("SELECT count(*) FROM evaluation_items")).isEqualTo(1);
    assertThat(value("report->>'items'", "old")).isEqualTo("50");
  }
}
