package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weir.testing.TestDatabase;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The roll-ups follow exactly the rows of ai_usage_metrics, written as the ledger's role writes
 * them.
 */
@ExtendWith(TestDatabase.Extension.class)
class RollUpsIT {
  private static final String INSERT =
      """
      INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, provider, model, status,
        execution_time_ms, prompt_tokens, completion_tokens, cost_usd)
      VALUES (?::uuid, ?::timestamptz, date_trunc('month', ?::timestamptz, 'UTC')::date, ?, ?, 'p', 'm', ?, ?, 10, 5, ?)
      ON CONFLICT DO NOTHING\
      """;

  private TestDatabase database;
  private String moment;

  @BeforeEach
  void use(TestDatabase given) {
    database = given;
    moment =
        (String)
            database.value(
                "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\" 12:34:56+00\"')");
  }

  @Test
  void aRecordThatComesTwiceCountsOnce() throws SQLException {
    var id = UUID.randomUUID();

    write(id, "alice", "twice", "ok", 100, "0.5");
    write(id, "alice", "twice", "ok", 100, "0.5");

    assertThat(hourly("twice")).containsEntry("calls", 1L).containsEntry("prompt_tokens", 10L);
    assertThat((BigDecimal) hourly("twice").get("cost_usd")).isEqualByComparingTo("0.5");
    assertThat(database.count("SELECT calls FROM usage_daily WHERE function_name = 'twice'"))
        .isOne();
  }

  @Test
  void aLateFinishMovesThemByTheDifference() throws SQLException {
    var id = UUID.randomUUID();
    write(id, "alice", "late", "interrupted", 0, "2");

    asLedger(
        "UPDATE ai_usage_metrics SET status = 'ok', execution_time_ms = 250, cost_usd = 1.5 WHERE"
            + " id = ?::uuid",
        id.toString());

    assertThat(hourly("late")).containsEntry("calls", 1L).containsEntry("interrupted", 0L);
    assertThat((BigDecimal) hourly("late").get("cost_usd")).isEqualByComparingTo("1.5");
    assertThat((double) performance("late").get("p50_ms")).isCloseTo(250, within(2.5));
  }

  @Test
  void answersOfFallbacksAreCountedByWhatWasWrittenDown() throws SQLException {
    answered("marked", "true", "ok", "miss");
    answered("marked", "true", "ok", "off");
    answered("marked", "false", "ok", "miss");
    answered("marked", "NULL", "ok", "miss");
    answered("marked", "true", "error", "miss");
    answered("marked", "true", "ok", "hit");
    answered("marked", "NULL", "ok", "coalesced");

    assertThat(fallbacks("marked")).containsExactly(Map.of("fallbacks", 2L, "unmarked", 1L));
  }

  @Test
  void anAnswerThatComesLateIsCountedAndOneThatIsWrittenAgainIsNotCountedTwice()
      throws SQLException {
    var id = answered("late-answer", "false", "interrupted", "miss");
    assertThat(fallbacks("late-answer")).isEmpty();

    asLedger(
        "UPDATE ai_usage_metrics SET status = 'ok', fallback = true WHERE id = ?::uuid",
        id.toString());
    asLedger("UPDATE ai_usage_metrics SET cost_usd = 2 WHERE id = ?::uuid", id.toString());

    assertThat(fallbacks("late-answer")).containsExactly(Map.of("fallbacks", 1L, "unmarked", 0L));
  }

  private UUID answered(String function, String fallback, String status, String cache)
      throws SQLException {
    var id = UUID.randomUUID();
    asLedger(
        """
        INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, provider, model, status,
          execution_time_ms, cache_status, fallback)
        VALUES (?::uuid, ?::timestamptz, date_trunc('month', ?::timestamptz, 'UTC')::date, 'ada', ?, 'p', 'm', ?, 1, ?,
          %s)\
        """
            .formatted(fallback),
        id.toString(),
        moment,
        moment,
        function,
        status,
        cache);
    return id;
  }

  private List<Map<String, Object>> fallbacks(String function) {
    return database.query(
        "SELECT fallbacks, unmarked FROM usage_fallback_days WHERE function_name = ?", function);
  }

  @Test
  void percentilesAreWithinOnePercent() throws SQLException {
    asLedger(
        """
        INSERT INTO ai_usage_metrics
          (id, started_at, billing_month, user_id, function_name, status, execution_time_ms, cost_usd)
        SELECT gen_random_uuid(), now(), date_trunc('month', now(), 'UTC')::date, 'bob', 'percentiles', 'ok', ms, 0
        FROM generate_series(1, ?) AS ms\
        """,
        1000);

    var row = performance("percentiles");

    assertThat((double) row.get("p50_ms")).isCloseTo(500, within(6.0));
    assertThat((double) row.get("p95_ms")).isCloseTo(950, within(11.0));
    assertThat((double) row.get("p99_ms")).isCloseTo(990, within(11.0));
    assertThat((double) row.get("avg_ms")).isCloseTo(500.5, within(0.001));
  }

  @Test
  void costsAreByUserAndMonth() throws SQLException {
    write(UUID.randomUUID(), "carol", "costs", "ok", 10, "0.25");
    write(UUID.randomUUID(), "carol", "other", "error", 10, "0.5");
    write(UUID.randomUUID(), "dave", "costs", "ok", 10, "7");

    var carol =
        database.query("SELECT * FROM user_ai_costs_monthly WHERE user_id = 'carol'").getFirst();

    assertThat((BigDecimal) carol.get("total_cost_usd")).isEqualByComparingTo("0.75");
    assertThat(((Number) carol.get("total_calls")).longValue()).isEqualTo(2);
    assertThat(((Number) carol.get("failed_calls")).longValue()).isOne();
  }

  @Test
  void erasureRenamesAndKeepsTheMoney() throws SQLException {
    write(UUID.randomUUID(), "erin", "erased", "ok", 10, "3");

    as("weir_jobs", "UPDATE ai_usage_metrics SET user_id = 'erased-1' WHERE user_id = ?", "erin");

    var costs = "SELECT total_cost_usd FROM user_ai_costs_monthly WHERE user_id = ?";
    assertThat((BigDecimal) database.value(costs, "erased-1")).isEqualByComparingTo("3");
    assertThat((BigDecimal) database.value(costs, "erin")).isEqualByComparingTo("0");
  }

  @Test
  void manyWritersOfTheSameRowsNeverDeadlock() throws Exception {
    try (var writers = Executors.newFixedThreadPool(6)) {
      var work = new ArrayList<Callable<Void>>();
      for (var writer = 0; writer < 6; writer++) {
        var backwards = writer % 2 == 0;
        work.add(
            () -> {
              for (var batch = 0; batch < 15; batch++) {
                writeBatch(backwards);
              }
              return null;
            });
      }
      for (var outcome : writers.invokeAll(work)) {
        outcome.get();
      }
    }

    assertThat(
            database.count(
                "SELECT sum(calls) FROM usage_hourly WHERE function_name LIKE 'batch-%'"))
        .isEqualTo(6 * 15 * 20);
  }

  private void writeBatch(boolean backwards) throws SQLException {
    asLedger(
        """
        INSERT INTO ai_usage_metrics
          (id, started_at, billing_month, user_id, function_name, status, execution_time_ms, cost_usd)
        SELECT gen_random_uuid(), now(), date_trunc('month', now(), 'UTC')::date, 'user-' || n, 'batch-' || n, 'ok', n, 1
        FROM generate_series(1, 20) AS n ORDER BY n * ?::int\
        """,
        backwards ? "-1" : "1");
  }

  private void write(UUID id, String user, String function, String status, int ms, String cost)
      throws SQLException {
    asLedger(
        INSERT, id.toString(), moment, moment, user, function, status, ms, new BigDecimal(cost));
  }

  private void asLedger(String sql, Object... parameters) throws SQLException {
    as("weir_ledger", sql, parameters);
  }

  private void as(String role, String sql, Object... parameters) throws SQLException {
    try (var connection = Migrations.connect(database.serviceUrl());
        var statement = connection.createStatement();
        var prepared = connection.prepareStatement(sql)) {
      statement.execute("SET ROLE " + role);
      for (var i = 0; i < parameters.length; i++) {
        prepared.setObject(i + 1, parameters[i]);
      }
      prepared.execute();
    }
  }

  private Map<String, Object> hourly(String function) {
    return database
        .query("SELECT * FROM usage_hourly WHERE function_name = ?", function)
        .getFirst();
  }

  private Map<String, Object> performance(String function) {
    return database
        .query("SELECT * FROM function_performance_metrics WHERE function_name = ?", function)
        .getFirst();
  }
}
