package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which evaluation another node takes over, when, and what it finds there. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class SuccessionIT {
  private static final int ITEMS = 5;
  private static final int SCORED = 2;

  private TestDatabase database;
  private Database pools;
  private EvaluationTable table;
  private EvaluationUpkeep upkeep;

  @BeforeEach
  void use(TestDatabase given, Vertx vertx) {
    database = given;
    pools = given.database(vertx);
    table = new EvaluationTable(pools);
    upkeep = new EvaluationUpkeep(vertx, table);
    for (var name : List.of("evaluations", "job_leases", "lease_held", "user_quotas")) {
      database.execute("DELETE FROM " + name);
    }
  }

  /** An evaluation of which so long nothing was heard. */
  private void silent(String name, String since) {
    database.execute(
        """
        INSERT INTO evaluations (evaluation_name, function_name, candidate, candidate_version, baseline, baseline_versions,
          scorers, item_source, items, units, units_expected, unfit, budget_usd, created_by, done, asks, moved_at)
        VALUES (?, 'quiz', 'candidate', 'v1', 'production', '{v0}', '{exact,contains:x}', 'cases', ?, 5, 5, 0, 2, 'me', ?,
          '{quiz v1 a/b}', now() - ?::interval)
        """,
        name,
        ITEMS,
        SCORED,
        since);
    database.execute(
        """
        INSERT INTO evaluation_items (evaluation_name, position, user_id, unit, unit_items, baseline_outcome,
          candidate_outcome, scores)
        SELECT ?, i, 'u' || i, i, 1, 'ok', 'ok', '{"exact": [0, 1]}' FROM generate_series(0, ?) AS i
        """,
        name,
        SCORED - 1);
    database.execute(
        """
        INSERT INTO evaluation_work (evaluation_name, position, user_id, unit, unit_items, given)
        SELECT ?, i, 'u' || i, i, 1, convert_to('{"line": ' || i || ', "input": {"n": 1.50}, "expected": null}', 'UTF8')
        FROM generate_series(?, ?) AS i
        """,
        name,
        SCORED,
        ITEMS - 1);
  }

  private void change(String name, String what) {
    database.execute("UPDATE evaluations SET " + what + " WHERE evaluation_name = ?", name);
  }

  /** What a node that is gone may have spent, and no usage row says yet. */
  private void held(String name, String usd) {
    database.execute(
        """
        WITH process AS (
          INSERT INTO ledger_processes (process_id, node_name) VALUES (gen_random_uuid(), 'gone') RETURNING process_id)
        INSERT INTO lease_held (process_id, subject_kind, subject_id, billing_month, usd_held)
        SELECT process_id, 'user', 'weir-eval.' || ?::text, '2026-01-01', ?::numeric FROM process
        """,
        name,
        usd);
  }

  private void quota(String name, String month, String settled, String held) {
    database.execute(
        """
        INSERT INTO user_quotas (subject_kind, subject_id, billing_month, usd_settled, usd_held)
        VALUES ('user', 'weir-eval.' || ?::text, ?::date, ?::numeric, ?::numeric)
        """,
        name,
        month,
        settled,
        held);
  }

  private Turn turn() {
    var fence = (Long) database.value("SELECT weir_lead('succession', 'me', interval '1 minute')");
    return new Turn("succession", fence, pools);
  }

  private Optional<Succession.Inherited> next() {
    return Succession.next(turn()).await();
  }

  private Object value(String what, String name) {
    return database.value("SELECT " + what + " FROM evaluations WHERE evaluation_name = ?", name);
  }

  @Test
  void whatWasHandedOverIsTakenAtOnceAndWholeAndOnlyOnce() {
    silent("left", "1 second");
    silent("busy", "50 seconds");
    change("left", "handed_over = true");
    quota("left", "2026-01-01", "0.5", "0");
    quota("left", "2026-02-01", "0.25", "0");

    var one = next().orElseThrow();

    assertThat(one.held()).isEqualTo(new EvaluationTable.Held("left", 2));
    assertThat(one.candidate()).isEqualTo("v1");
    assertThat(one.baseline()).contains("v0");
    assertThat(one.scorers()).containsExactly("exact", "contains:x");
    assertThat(one.asks()).containsExactly("quiz v1 a/b");
    assertThat(one.items()).isEqualTo(ITEMS);
    assertThat(one.left()).extracting(EvaluationWork.Left::position).containsExactly(2, 3, 4);
    assertThat(one.left().getFirst().item().given().orElseThrow().input().toString())
        .isEqualTo("{\"n\":1.50}");
    assertThat(one.spent()).as("in all months").isEqualTo(Usd.of(new BigDecimal("0.75")));
    assertThat(one.open()).isEqualTo(Usd.ZERO);
    assertThat(next()).isEmpty();
  }

  @Test
  void aSilentOneIsTakenWhenItsMoneyIsKnownOrTenMinutesAreOver() {
    silent("dead", "61 seconds");
    held("dead", "0.4");
    quota("dead", "2026-01-01", "0.5", "0.4");
    assertThat(next()).as("its journal may still say what it spent").isEmpty();

    change("dead", "moved_at = now() - interval '11 minutes'");
    var late = next().orElseThrow();
    change("dead", "moved_at = now() - interval '61 seconds', silences = 0");
    database.execute("UPDATE lease_held SET usd_held = 0");
    var known = next().orElseThrow();

    assertThat(late.spent()).isEqualTo(Usd.of(new BigDecimal("0.5")));
    assertThat(late.open()).isEqualTo(Usd.of(new BigDecimal("0.4")));
    assertThat(known.held().turn()).isEqualTo(3);
  }

  @Test
  void whoWasTakenForDeadWritesNothingAnyMore() {
    silent("slow", "61 seconds");
    var former = new EvaluationTable.Held("slow", 1);
    var held = next().orElseThrow().held();
    var scored = scored(SCORED);

    var told = table.move(former, List.of(scored), 3, Usd.ZERO).await();
    table.end(former, "done", Optional.empty(), Json.object(), 5, Usd.ZERO).await();
    table.handOver(former).await();

    assertThat(told).isEqualTo(EvaluationTable.Word.NO_LONGER_YOURS);
    assertThat(value("status", "slow")).isEqualTo("running");
    assertThat(value("handed_over", "slow")).isEqualTo(false);
    assertThat(value("done", "slow")).isEqualTo(SCORED);
    assertThat(database.count("SELECT count(*) FROM evaluation_items")).isEqualTo(SCORED);
    assertThat(table.move(held, List.of(scored), 3, Usd.ZERO).await())
        .isEqualTo(EvaluationTable.Word.GO_ON);
    assertThat(database.count("SELECT count(*) FROM evaluation_items")).isEqualTo(SCORED + 1);
    assertThat(database.count("SELECT count(*) FROM evaluation_work"))
        .as("what was scored is not to be asked")
        .isEqualTo(ITEMS - SCORED - 1);
  }

  private static Scored scored(int position) {
    var side = new Scored.Side("ok", Optional.of(Duration.ofMillis(5)), Optional.of(Usd.ZERO));
    return new Scored(
        position,
        position,
        1,
        "u" + position,
        Optional.empty(),
        side,
        side,
        Optional.of(true),
        Map.of("exact", Optional.of(new Scored.Pair(1, 1))));
  }

  @Test
  void whatUsageSaysLaterOfANodeThatDiedIsSpentAllTheSame() {
    silent("stopped", "61 seconds");
    silent("closed", "25 hours");
    change("stopped", "spent_usd = 0.1, stop_asked = true");
    change("closed", "spent_usd = 0.1");
    quota("stopped", "2026-01-01", "0.5", "0.4");
    quota("closed", "2026-01-01", "0.5", "0.4");
    var one = next().orElseThrow();
    table.end(one.held(), "stopped", Optional.empty(), Json.object(), 2, one.spent()).await();
    upkeep.round(turn()).await();

    // The journal of the dead node is read after all.
    database.execute("UPDATE user_quotas SET usd_settled = 0.75, usd_held = 0");

    for (var name : List.of("stopped", "closed")) {
      var shown = new EvaluationView(pools).show(name).await().orElseThrow();
      assertThat(shown.path("status").asText())
          .isEqualTo(value("status", name))
          .isNotEqualTo("running");
      assertThat(shown.path("spent_usd").decimalValue()).isEqualByComparingTo("0.75");
    }
  }

  @Test
  void whatIsLeftOfAnEndedOneIsForgottenWhoeverEndedIt() {
    silent("ended", "1 minute");
    silent("alive", "1 minute");
    // A Weir of before closed it, which knew of no work.
    change("ended", "status = 'interrupted', ended_at = now()");

    upkeep.round(turn()).await();

    assertThat(database.value("SELECT min(evaluation_name) FROM evaluation_work"))
        .isEqualTo("alive");
    assertThat(database.count("SELECT count(*) FROM evaluation_work")).isEqualTo(ITEMS - SCORED);
  }

  @Test
  void whatThreeNodesInARowFellSilentOnIsLeftAloneAndClosed() {
    silent("deadly", "61 seconds");
    change("deadly", "done_before = 2");
    for (var i = 0; i < 2; i++) {
      assertThat(next()).isPresent();
      change("deadly", "moved_at = now() - interval '61 seconds'");
    }

    assertThat(next()).isEmpty();

    change("deadly", "moved_at = now() - interval '11 minutes'");
    upkeep.round(turn()).await();
    assertThat(value("status", "deadly")).isEqualTo("interrupted");
    assertThat(value("report->>'items'", "deadly")).isEqualTo("2");
    assertThat(database.count("SELECT count(*) FROM evaluation_work")).isZero();
  }

  @Test
  void whatNobodyTookForADayIsClosedAndItsCasesAreForgotten() {
    silent("old", "25 hours");
    silent("young", "23 hours");
    change("old", "handed_over = true");
    change("young", "handed_over = true");

    upkeep.round(turn()).await();

    assertThat(value("status", "old")).isEqualTo("interrupted");
    assertThat(value("reason", "old")).isEqualTo("No node went on with it for a day.");
    assertThat(database.count("SELECT count(*) FROM evaluation_work WHERE evaluation_name = 'old'"))
        .isZero();
    assertThat(next().orElseThrow().held().name()).isEqualTo("young");
  }

  @Test
  void oneOfWhichOnlyTheEndIsMissingIsTakenToo() {
    silent("nearly", "61 seconds");
    database.execute("DELETE FROM evaluation_work");
    change("nearly", "items = 2");

    var one = next().orElseThrow();

    assertThat(one.left()).isEmpty();
  }
}
