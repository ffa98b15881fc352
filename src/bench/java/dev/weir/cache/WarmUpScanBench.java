package dev.weir.cache;

import dev.weir.storage.DatabaseUrl;
import dev.weir.storage.EmbeddedPostgres;
import dev.weir.storage.Migrations;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/**
 * How Postgres finds the answers that are worth asking for again, among many: its plan and time
 * with the index of V111, with a b-tree of expiries instead, and with neither.
 *
 * <p>{@code mvn -ntp test-compile exec:exec@bench -Dbench="dev.weir.cache.WarmUpScanBench 200000"}.
 */
public final class WarmUpScanBench {
  /**
   * Of an hour's life at every age, a third hit; one of two is past its time and stands in for a
   * provider that is down.
   */
  private static final String FILL =
      """
      INSERT INTO response_cache (cache_key, user_id, function_name, function_version, cache_data, size_bytes, cost_usd,
        created_at, expires_at, keep_until, warm_from, hit_count, input, generation)
      SELECT encode(sha256(n::text::bytea), 'hex'), 'user-' || n %% 5000, 'function-' || n %% 40, '0a1b2c3d4e5f',
        convert_to(repeat(md5(n::text), 20), 'UTF8'), 640, (n %% 97) * 0.0001,
        made, made + interval '1 hour', made + interval '25 hours', made + interval '48 minutes',
        CASE WHEN n %% 3 = 0 THEN n %% 29 ELSE 0 END, convert_to(repeat(md5(n::text), 8), 'UTF8'), n
      FROM (SELECT n, now() - interval '2 hours' * (1 - n / (1.0 + %1$d)) AS made
        FROM generate_series(1, %1$d) AS n) AS rows
      """;

  private WarmUpScanBench() {}

  /**
   * Runs it.
   *
   * @param args rows (200,000)
   */
  public static void main(String[] args) throws Exception {
    var rows = args.length > 0 ? Integer.parseInt(args[0]) : 200_000;
    try (var server =
        EmbeddedPostgres.start(
            EmbeddedPostgres.Settings.in(Files.createTempDirectory("weir-scan")))) {
      var url = server.administratorUrl();
      Migrations.migrate(url);
      try (var connection = connect(url)) {
        run(connection, FILL.formatted(rows));
        run(
            connection,
            "INSERT INTO cache_generations (subject_kind, subject_id, generation) SELECT 'user',"
                + " 'user-' || n, n FROM generate_series(1, 100) n");
        run(connection, "ANALYZE");
        explain(connection, "with the index of V111", WarmUpTable.WORTH_IT);
        run(connection, "DROP INDEX response_cache_warm");
        run(
            connection,
            "CREATE INDEX other ON response_cache (expires_at) WHERE warm_from IS NOT NULL");
        run(connection, "ANALYZE");
        explain(
            connection,
            "with a b-tree of expiries",
            WarmUpTable.WORTH_IT.replace(
                "tstzrange(c.warm_from, c.expires_at) @> now()",
                "c.warm_from <= now() AND c.expires_at > now()"));
        run(connection, "DROP INDEX other");
        explain(connection, "with neither", WarmUpTable.WORTH_IT);
      }
    }
  }

  private static Connection connect(DatabaseUrl url) throws SQLException {
    var login = new Properties();
    login.setProperty("user", url.user());
    login.setProperty("password", url.password());
    return DriverManager.getConnection(
        "jdbc:postgresql://%s:%d/%s".formatted(url.host(), url.port(), url.database()), login);
  }

  /** Runs a statement as the superuser. */
  static void statement(DatabaseUrl url, String sql) throws SQLException {
    try (var connection = connect(url)) {
      run(connection, sql);
    }
  }

  private static void explain(Connection connection, String how, String sql) throws SQLException {
    System.out.println("\n" + how);
    var plain = sql.replace("$1", "50").replace("$2::text[]", "ARRAY[]::text[]");
    run(connection, plain);
    try (var statement = connection.createStatement();
        var plan = statement.executeQuery("EXPLAIN (ANALYZE, BUFFERS) " + plain)) {
      while (plan.next()) {
        System.out.println(plan.getString(1));
      }
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
