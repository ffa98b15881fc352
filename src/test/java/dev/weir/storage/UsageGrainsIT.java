package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weir.testing.TestDatabase;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every grain of the roll-ups says what the rows say, whatever is added, changed or taken away. */
@ExtendWith(TestDatabase.Extension.class)
class UsageGrainsIT {
  private static final String CALLS =
      """
      INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, provider, model, status,
        execution_time_ms, prompt_tokens, completion_tokens, cost_usd, tags)
      SELECT gen_random_uuid(), date_trunc('month', now(), 'UTC') + make_interval(hours => n %% 40),
        date_trunc('month', now(), 'UTC')::date, 'user-' || n %% 7, '%s', 'p', 'm-' || n %% 2,
        CASE WHEN n %% 10 = 0 THEN 'error' ELSE 'ok' END, n, 10, 5, n * 0.001, %s
      FROM generate_series(1, %d) AS n\
      """;

  private TestDatabase database;

  @BeforeEach
  void use(TestDatabase given) {
    database = given;
  }

  @ParameterizedTest
  @CsvSource({
    "usage_hourly, hour, 40",
    "usage_function_days, day, 2",
    "usage_function_months, month, 1"
  })
  void everyGrainSumsUpToTheRows(String table, String column, int periods) throws SQLException {
    var function = "sums-" + table;
    calls(function, "'{}'", 500);
    asLedger(
        "UPDATE ai_usage_metrics SET cost_usd = 1, execution_time_ms = 7, status = 'ok' WHERE"
            + " function_name = '"
            + function
            + "' AND execution_time_ms <= 20");
    asLedger(
        "UPDATE ai_usage_metrics SET status = 'cancelled' WHERE function_name = '"
            + function
            + "' AND execution_time_ms > 490");

    var kept =
        database
            .query(
                """
                SELECT sum(calls) AS calls, sum(errors) AS errors, sum(cancelled) AS cancelled, sum(cost_usd) AS cost,
                  sum(prompt_tokens) AS tokens, sum(latency_ms_sum) AS ms, count(DISTINCT %s) AS periods
                FROM %s WHERE function_name = ?\
                """
                    .formatted(column, table),
                function)
            .getFirst();
    var rows =
        database
            .query(
                """
                SELECT sum(1::bigint) AS calls, sum((status = 'error')::int::bigint) AS errors,
                  sum((status = 'cancelled')::int::bigint) AS cancelled, sum(cost_usd) AS cost,
                  sum(prompt_tokens) AS tokens,
                  sum(execution_time_ms) FILTER (WHERE status IN ('ok', 'error')) AS ms, %d::bigint AS periods
                FROM ai_usage_metrics WHERE function_name = ?\
                """
                    .formatted(periods),
                function)
            .getFirst();
    assertThat(kept).isEqualTo(rows);
  }

  @ParameterizedTest
  @CsvSource({
    "usage_hourly",
    "usage_function_days",
    "usage_function_months",
    "usage_latency_months"
  })
  void sketchesHoldEveryLatencyOnceThroughManyBatches(String table) throws SQLException {
    var function = "sketch-" + table;
    for (var batch = 0; batch < 30; batch++) {
      calls(function, "'{}'", 100);
    }

    var sketch =
        database
            .query(
                """
                SELECT sum(c) AS total, max(size) AS size,
                  (SELECT weir_sketch_quantile(weir_concat(latency_index), weir_concat(latency_count), 0.5)
                   FROM %1$s WHERE function_name = '%2$s') AS median
                FROM (
                  SELECT bucket.c, cardinality(latency_index) AS size
                  FROM %1$s CROSS JOIN LATERAL unnest(latency_index, latency_count) AS bucket (i, c)
                  WHERE function_name = '%2$s') AS buckets\
                """
                    .formatted(table, function))
            .getFirst();
    assertThat(((Number) sketch.get("total")).longValue()).isEqualTo(3_000);
    assertThat((int) sketch.get("size")).as("bounded").isLessThanOrEqualTo(384);
    assertThat((double) sketch.get("median")).isCloseTo(50, within(1.5));
  }

  @Test
  void aTagIsSummedUpByDayAndFollowsItsRows() throws SQLException {
    calls("tagged", "'{\"team\": \"growth\", \"feature\": \"export\"}'", 100);

    assertThat(tag("tagged", "team", "growth")).containsEntry("calls", 100L);
    assertThat(tag("tagged", "feature", "export")).containsEntry("calls", 100L);
    asLedger(
        "UPDATE ai_usage_metrics SET tags = '{\"team\": \"sales\"}' WHERE function_name = 'tagged'"
            + " AND execution_time_ms <= 30");

    assertThat(tag("tagged", "team", "growth")).containsEntry("calls", 70L);
    assertThat(tag("tagged", "team", "sales")).containsEntry("calls", 30L);
    assertThat(
            database.count(
                "SELECT (sum(cost_usd) * 1000)::bigint FROM usage_tag_days WHERE function_name ="
                    + " 'tagged' AND tag_key = 'team'"))
        .isEqualTo(100 * 101 / 2);
  }

  @Test
  void valuesBeyondTheBoundAreSummedUpAsOther() throws SQLException {
    calls("bounded", "jsonb_build_object('customer', 'c-' || lpad(n::text, 5, '0'))", 1_500);
    calls("bounded", "jsonb_build_object('customer', 'c-' || lpad(n::text, 5, '0'))", 1_500);

    assertThat(
            database.count(
                "SELECT count(DISTINCT (day, tag_value)) FROM usage_tag_days WHERE tag_key ="
                    + " 'customer'"))
        .as("1,500 values over two days are under the bound of a day")
        .isEqualTo(1_500);

    oneDay("bounded-day", 1_500);
    oneDay("bounded-day", 1_500);

    var day = "SELECT count(DISTINCT tag_value) FROM usage_tag_days WHERE tag_key = 'tenant'";
    assertThat(database.count(day)).isEqualTo(1_001);
    assertThat(tag("bounded-day", "tenant", "(other)")).containsEntry("calls", 1_000L);
    assertThat(sumOfTag("tenant")).isEqualTo(3_000);

    asLedger("UPDATE ai_usage_metrics SET tags = '{}' WHERE function_name = 'bounded-day'");
    assertThat(sumOfTag("tenant")).as("taken away where it was added").isZero();
    assertThat(tag("bounded-day", "tenant", "(other)")).containsEntry("calls", 0L);
  }

  @Test
  void keysBeyondTheBoundAreSummedUpAsOther() throws SQLException {
    asLedger(
        """
        INSERT INTO ai_usage_metrics
          (id, started_at, billing_month, user_id, function_name, status, execution_time_ms, tags)
        SELECT gen_random_uuid(), date_trunc('month', now(), 'UTC') + interval '5 days',
          date_trunc('month', now(), 'UTC')::date, 'u', 'many-keys', 'ok', 1,
          jsonb_build_object('key' || n, 'v')
        FROM generate_series(1, 150) AS n\
        """);

    assertThat(
            database.count(
                "SELECT count(DISTINCT tag_key) FROM usage_tag_days WHERE function_name ="
                    + " 'many-keys'"))
        .isEqualTo(101);
    assertThat(tag("many-keys", "(other)", "(other)")).containsEntry("calls", 50L);
  }

  @Test
  void writersOfTheSameNewTagsNeitherDeadlockNorLoseACall() throws Exception {
    try (var writers = Executors.newFixedThreadPool(4)) {
      var work = new ArrayList<Callable<Void>>();
      for (var writer = 0; writer < 4; writer++) {
        work.add(
            () -> {
              for (var batch = 0; batch < 8; batch++) {
                calls("raced", "jsonb_build_object('race', 'v' || n %% 30 + " + batch + ")", 60);
              }
              return null;
            });
      }
      for (var outcome : writers.invokeAll(work)) {
        outcome.get();
      }
    }

    assertThat(sumOfTag("race")).isEqualTo(4 * 8 * 60);
  }

  private void oneDay(String function, int calls) throws SQLException {
    asLedger(
        """
        INSERT INTO ai_usage_metrics
          (id, started_at, billing_month, user_id, function_name, status, execution_time_ms, tags)
        SELECT gen_random_uuid(), date_trunc('month', now(), 'UTC') + interval '9 days',
          date_trunc('month', now(), 'UTC')::date, 'u', '%s', 'ok', 1,
          jsonb_build_object('tenant', 't' || n)
        FROM generate_series(1, %d) AS n\
        """
            .formatted(function, calls));
  }

  private void calls(String function, String tags, int count) throws SQLException {
    asLedger(CALLS.formatted(function, tags.replace("%%", "%"), count));
  }

  private Map<String, Object> tag(String function, String key, String value) {
    return database
        .query(
            "SELECT sum(calls)::bigint AS calls FROM usage_tag_days WHERE function_name = ? AND"
                + " tag_key = ? AND tag_value = ?",
            function,
            key,
            value)
        .getFirst();
  }

  private long sumOfTag(String key) {
    return database.count("SELECT sum(calls) FROM usage_tag_days WHERE tag_key = ?", key);
  }

  private void asLedger(String sql) throws SQLException {
    try (var connection = Migrations.connect(database.serviceUrl());
        var statement = connection.createStatement()) {
      statement.execute("SET ROLE weir_ledger");
      statement.execute(sql);
    }
  }
}
