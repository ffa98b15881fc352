package dev.weir.analytics;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import dev.weir.storage.DatabaseUrl;
import dev.weir.storage.EmbeddedPostgres;
import dev.weir.storage.Migrations;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Fills last month with calls, as skewed as real ones are, and times what people ask about it. The
 * rows are made by the database itself, in statements of 100,000, with the roll-ups kept as always.
 *
 * <p>{@code mvn -ntp test-compile exec:exec@bench -Dbench=dev.weir.analytics.UsageGenerator
 * -Dweir.jvm="-Drows=1000000"}. Without {@code -Ddatabase=postgres://...} (a superuser's login on a
 * migrated database) it brings its own server up under {@code target/usage-bench} and keeps what it
 * made, so that a second run goes on from there.
 */
public final class UsageGenerator {
  private static final int CHUNK = 100_000;
  private static final int BAR = 40;
  private static final int ROUNDS = 5;

  private static final String CALLS =
      """
      INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, key_id, function_name, function_version,
        provider, model, status, error_code, execution_time_ms, time_to_first_byte_ms, retry_count, prompt_tokens,
        completion_tokens, cost_usd, cache_status, tags)
      SELECT
        gen_random_uuid(), at, date_trunc('month', at, 'UTC')::date,
        'user-' || lpad((power(u, 3) * 20000)::int::text, 5, '0'), '00000000-0000-7000-8000-000000000001',
        'function-' || lpad(f::text, 3, '0'), 'v' || 1 + (v < 0.3)::int, split_part(model, '/', 1), model,
        CASE WHEN s < 0.03 THEN 'error' WHEN s < 0.04 THEN 'cancelled' ELSE 'ok' END,
        CASE WHEN s < 0.03 THEN 'TIMEOUT' END, ms, ms / 3, (s < 0.05)::int, 200 + (t * 1800)::int, 50 + (t * 700)::int,
        CASE WHEN hit THEN 0 ELSE round((0.0004 + t * 0.006)::numeric, 9) END, CASE WHEN hit THEN 'hit' ELSE 'miss' END,
        CASE WHEN g < 0.5
          THEN jsonb_build_object('team', 'team-' || (g * 60)::int, 'feature', 'feature-' || (t * 200)::int)
          ELSE '{}' END
      FROM (
        SELECT *,
          (ARRAY['perplexity/sonar', 'perplexity/sonar-pro', 'anthropic/claude-opus-4'])[1 + floor(m * m * 3)::int] AS model,
          CASE WHEN hit THEN 1 + (l * 9)::int
            ELSE exp(6.2 + 1.6 * f / 114.0 + 0.7 * sqrt(-2 * ln(1 - l)) * cos(2 * pi() * t))::bigint END AS ms
        FROM (
          SELECT ?::timestamptz + (n + ?) * (interval '28 days' / ?) AS at, random() AS u, random() AS v, random() AS s,
            random() AS t, random() AS g, random() AS m, random() AS l, random() < 0.2 AS hit,
            floor(power(random(), 2) * 115)::int AS f
          FROM generate_series(0, ? - 1) AS n) AS dice) AS calls\
      """;

  private final long rows;
  private final LocalDate month;

  private UsageGenerator(long rows) {
    this.rows = rows;
    this.month = LocalDate.now(ZoneOffset.UTC).withDayOfMonth(1).minusMonths(1);
  }

  /** Fills, then times. */
  public static void main(String[] args) throws Exception {
    var generator = new UsageGenerator(Long.getLong("rows", 10_000_000));
    var given = System.getProperty("database");
    if (given != null) {
      generator.run(DatabaseUrl.parse(given));
      return;
    }
    try (var server =
        EmbeddedPostgres.start(EmbeddedPostgres.Settings.in(Path.of("target", "usage-bench")))) {
      Migrations.migrate(server.administratorUrl());
      generator.run(server.administratorUrl());
    }
  }

  private void run(DatabaseUrl url) throws Exception {
    try (var connection = connect(url);
        var statement = connection.createStatement()) {
      fill(connection);
      statement.execute("VACUUM ANALYZE");
      sizes(connection);
      views(connection);
    }
    var vertx = Vertx.vertx();
    try {
      questions(new UsageAnalytics(Database.open(vertx, url, slow()), Clock.system()));
    } finally {
      vertx.close().await();
    }
  }

  /** Questions may take their time here: it is what is measured. */
  private static Database.Limits slow() {
    var usual = Database.Limits.of(4);
    var minutes = java.time.Duration.ofMinutes(5);
    return new Database.Limits(
        usual.connections(), usual.waiting(), usual.patience(), minutes, minutes);
  }

  private void fill(Connection connection) throws SQLException {
    var began = System.nanoTime();
    var there = number(connection, "SELECT sum(calls)::bigint FROM usage_function_months");
    try (var insert = connection.prepareStatement(CALLS)) {
      for (var done = there; done < rows; done += CHUNK) {
        insert.setString(1, month + " 00:00:00+00");
        insert.setLong(2, done);
        insert.setLong(3, rows);
        insert.setLong(4, Math.min(CHUNK, rows - done));
        insert.executeUpdate();
        progress(Math.min(done + CHUNK, rows), there, began);
      }
    }
    System.out.println();
  }

  private void progress(long done, long there, long began) {
    var seconds = Math.max(1, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began));
    var pace = Math.max(1, (done - there) / seconds);
    var filled = (int) (BAR * done / rows);
    System.out.printf(
        Locale.ROOT,
        "\r[%s%s] %,d of %,d rows, %,d a second, %d s to go   ",
        "#".repeat(filled),
        " ".repeat(BAR - filled),
        done,
        rows,
        pace,
        (rows - done) / pace);
    System.out.flush();
  }

  private static void sizes(Connection connection) throws SQLException {
    for (var table :
        new String[] {
          "usage_hourly",
          "usage_function_days",
          "usage_function_months",
          "usage_daily",
          "usage_tag_days"
        }) {
      System.out.printf(
          Locale.ROOT,
          "%-24s %,12d rows %,10d kB%n",
          table,
          number(connection, "SELECT count(*) FROM " + table),
          number(connection, "SELECT pg_total_relation_size('" + table + "') / 1024"));
    }
    System.out.printf(
        Locale.ROOT,
        "%-24s %,12d rows %,10d kB%n",
        "ai_usage_metrics",
        number(connection, "SELECT sum(calls)::bigint FROM usage_function_months"),
        number(
            connection,
            "SELECT sum(pg_total_relation_size(relid))::bigint / 1024 FROM"
                + " pg_partition_tree('ai_usage_metrics')"));
  }

  private void views(Connection connection) throws SQLException {
    var views = new LinkedHashMap<String, String>();
    views.put(
        "view function_performance_metrics, one day",
        "SELECT count(p99_ms) FROM function_performance_metrics WHERE day = '" + month + "'");
    views.put(
        "view user_ai_costs_monthly, one user",
        "SELECT sum(total_calls) FROM user_ai_costs_monthly WHERE user_id = 'user-00000'");
    views.put(
        "view user_ai_costs_monthly, all users",
        "SELECT sum(total_calls) FROM user_ai_costs_monthly");
    for (var view : views.entrySet()) {
      var times = new ArrayList<Long>();
      for (var round = 0; round < ROUNDS; round++) {
        var began = System.nanoTime();
        number(connection, view.getValue());
        times.add(System.nanoTime() - began);
      }
      print(view.getKey(), times);
    }
  }

  private void questions(UsageAnalytics usage) {
    var end = month.plusMonths(1).toString();
    var all = new LinkedHashMap<String, Map<String, String>>();
    all.put("month in total, P50/P95/P99", Map.of());
    all.put("month by function, P50/P95/P99", Map.of("group_by", "function"));
    all.put("month by function and model, P50/P95/P99", Map.of("group_by", "function,model"));
    all.put("month by model, P50/P95/P99", Map.of("group_by", "model"));
    all.put("month by tag", Map.of("group_by", "tag:team"));
    all.put("month by user", Map.of("group_by", "user"));
    all.put("days of the month, sums", Map.of("interval", "day", "percentiles", "false"));
    all.put("days of the month, P50/P95/P99", Map.of("interval", "day"));
    all.put(
        "one function by hour for a month, P50/P95/P99",
        Map.of("interval", "hour", "function", "function-007"));
    for (var question : all.entrySet()) {
      var parameters = new LinkedHashMap<>(question.getValue());
      parameters.put("from", month.toString());
      parameters.put("to", end);
      parameters.put("limit", "1000");
      var query = UsageQueryReader.read(parameters, usage.now());
      time("GET /api/usage: " + question.getKey(), () -> usage.ofAll(query).await());
    }
    var own =
        UsageQueryReader.read(
            Map.of("from", month.toString(), "to", end, "group_by", "function"), usage.now());
    time(
        "GET /v1/usage: the busiest user, month by function",
        () -> usage.ofUser("user-00000", own).await());
  }

  private static void time(String name, Runnable question) {
    var times = new ArrayList<Long>();
    for (var round = 0; round < ROUNDS; round++) {
      var began = System.nanoTime();
      question.run();
      times.add(System.nanoTime() - began);
    }
    print(name, times);
  }

  private static void print(String name, ArrayList<Long> nanos) {
    nanos.sort(null);
    System.out.printf(
        Locale.ROOT,
        "%-64s best %,8.1f ms, median %,8.1f ms%n",
        name,
        nanos.getFirst() / 1e6,
        nanos.get(nanos.size() / 2) / 1e6);
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static Connection connect(DatabaseUrl url) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://%s:%d/%s".formatted(url.host(), url.port(), url.database()),
        url.user(),
        url.password());
  }
}
