package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestDatabase;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What migrations make of rows that were there before them. */
@ExtendWith(TestDatabase.Extension.class)
class MigrationsOfRowsIT {
  private TestDatabase server;
  private DatabaseUrl url = DatabaseUrl.parse("postgres://nobody:nothing@127.0.0.1:1/nowhere");

  @BeforeEach
  void create(TestDatabase database) {
    server = database;
    var name = "weir_test_" + UUID.randomUUID().toString().replace("-", "");
    server.execute("CREATE DATABASE " + name);
    url = server.administratorUrl().withDatabase(name);
  }

  @AfterEach
  void drop() {
    server.execute("DROP DATABASE " + url.database() + " WITH (FORCE)");
  }

  @Test
  void entriesOfTheCacheAreKeptUntilTheyExpired() {
    Migrations.migrate(url, "105");
    execute(
        """
        INSERT INTO response_cache (cache_key, user_id, function_name, function_version, cache_data, size_bytes, expires_at)
        SELECT repeat(md5(i::text), 2), CASE WHEN i > 1 THEN 'user-' || i END, 'letter', '0', '{}', 2,
          timestamptz '2032-05-01 12:00:00+00' + make_interval(hours => i)
        FROM generate_series(1, 3) AS i\
        """);

    Migrations.migrate(url);

    assertThat(
            rows(
                "SELECT coalesce(user_id, '-') || ' ' || (keep_until = expires_at)::text FROM"
                    + " response_cache ORDER BY expires_at"))
        .containsExactly("- true", "user-2 true", "user-3 true");
    assertThat(
            rows("SELECT relforcerowsecurity::text FROM pg_class WHERE relname = 'response_cache'"))
        .containsExactly("true");
  }

  /** V1, V2, V1, V3 and three rollbacks of then, of which the second went back to where it was. */
  @Test
  void movesOfLabelsThatWereRolledBackAreMarkedAndTheOthersStand() {
    Migrations.migrate(url, "114");
    move(1, "production", null, "v1", false);
    move(2, "production", "v1", "v2", false);
    move(3, "production", "v2", "v1", false);
    move(4, "production", "v1", "v3", false);
    move(5, "production", "v3", "v1", true);
    move(6, "production", "v1", "v2", true);
    move(7, "candidate", "v1", "v2", false);
    move(8, "candidate", "v2", null, false);
    move(9, "candidate", null, "v2", true);
    // Nothing led there as this rollback says: nobody knows what it has undone.
    move(10, "odd", "v8", "v9", true);
    move(11, "odd", "v9", "v8", false);

    Migrations.migrate(url);

    assertThat(rows(UNDONE.formatted("production")))
        .containsExactly(
            "- v1 stands",
            "v1 v2 stands",
            "v2 v1 undone by v1 v2",
            "v1 v3 undone by v3 v1",
            "v3 v1 rollback",
            "v1 v2 rollback");
    assertThat(rows(UNDONE.formatted("candidate")))
        .containsExactly("v1 v2 stands", "v2 - undone by - v2", "- v2 rollback");
    assertThat(rows(UNDONE.formatted("odd"))).containsExactly("v8 v9 rollback", "v9 v8 stands");
  }

  private static final String UNDONE =
      """
      SELECT coalesce(m.from_version, '-') || ' ' || coalesce(m.to_version, '-') || ' ' || CASE
        WHEN m.rollback THEN 'rollback'
        WHEN m.undone_at IS NULL THEN 'stands'
        ELSE 'undone by ' || (
          SELECT coalesce(b.from_version, '-') || ' ' || coalesce(b.to_version, '-')
          FROM prompt_label_moves AS b WHERE b.label = m.label AND b.rollback AND b.moved_at = m.undone_at) END
      FROM prompt_label_moves AS m WHERE m.label = '%s' ORDER BY m.place\
      """;

  private void move(
      int minute, String label, @Nullable String from, @Nullable String to, boolean rollback) {
    execute(
        """
        INSERT INTO prompt_label_moves (id, function_name, label, from_version, to_version, moved_at, rollback)
        VALUES (gen_random_uuid(), 'letter', '%s', %s, %s, timestamptz '2032-05-01 12:00:00+00'
          + make_interval(mins => %d), %s)\
        """
            .formatted(label, text(from), text(to), minute, rollback));
  }

  private static String text(@Nullable String value) {
    return value == null ? "NULL" : "'" + value + "'";
  }

  @Test
  void answersOfBeforeAreTakenForUnmarkedAndCopiesFindTheirRuns() {
    Migrations.migrate(url, "115");
    execute(
        """
        INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, function_version, provider, model,
          status, execution_time_ms, cache_status)
        SELECT gen_random_uuid(), now(), date_trunc('month', now(), 'UTC')::date, 'ada', 'letter', 'v1', 'p',
          CASE WHEN i < 4 THEN 'p/a' ELSE 'p/b' END, CASE WHEN i = 1 THEN 'error' ELSE 'ok' END, 1,
          CASE WHEN i = 2 THEN 'hit' ELSE 'miss' END
        FROM generate_series(1, 5) AS i\
        """);
    execute(
        """
        INSERT INTO prompt_versions (function_name, function_version, content_hash, definition)
        VALUES ('letter', 'v1', '', '{}')\
        """);
    execute(
        """
        INSERT INTO shadow_runs (run_id, run_name, function_name, function_version, share, account, status, created_by,
          started_at, ends_at, stopped_at)
        SELECT ('00000000-0000-0000-0000-00000000000' || i)::uuid, 'twice', 'letter', 'v1', 1, 'account-' || i,
          CASE i WHEN 1 THEN 'deleted' ELSE 'stopped' END, 'ann', now() - make_interval(hours => 10 - 4 * i),
          now() + interval '1 day', now()
        FROM generate_series(1, 2) AS i\
        """);
    execute(
        """
        INSERT INTO stored_contents (id, user_id, function_name, function_version, kind, source_id, run_name, input, error_code,
          cost_usd, latency_ms, created_at, expires_at)
        SELECT gen_random_uuid(), 'ada', 'letter', 'v1', kind, CASE WHEN kind <> 'call' THEN gen_random_uuid() END,
          CASE WHEN kind <> 'call' THEN 'twice' END, '{}', 'TIMEOUT', 0, 1, now() - make_interval(hours => hours),
          now() + interval '1 day'
        FROM (VALUES ('call', 6), ('shadow', 8), ('shadow', 5), ('shadow', 1), ('evaluation', 0)) AS c (kind, hours)\
        """);

    Migrations.migrate(url);

    assertThat(
            rows(
                "SELECT function_version || ' ' || model || ' ' || fallbacks || ' ' || unmarked"
                    + " FROM usage_fallback_days ORDER BY model"))
        .containsExactly("v1 p/a 0 1", "v1 p/b 0 2");
    assertThat(
            rows(
                "SELECT kind || ' ' || coalesce(right(run_id::text, 1), '-') FROM stored_contents"
                    + " ORDER BY created_at"))
        .containsExactly("shadow -", "call -", "shadow 1", "shadow 2", "evaluation -");
    assertThat(
            rows(
                "SELECT relforcerowsecurity::text FROM pg_class WHERE relname = 'stored_contents'"))
        .containsExactly("true");
  }

  private void execute(String sql) {
    try (var connection = Migrations.connect(url);
        var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(e.getMessage() + "\n" + sql, e);
    }
  }

  private List<String> rows(String sql) {
    try (var connection = Migrations.connect(url);
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      var all = new ArrayList<String>();
      while (rows.next()) {
        all.add(String.valueOf(rows.getString(1)));
      }
      return all;
    } catch (SQLException e) {
      throw new AssertionError(e.getMessage() + "\n" + sql, e);
    }
  }
}
