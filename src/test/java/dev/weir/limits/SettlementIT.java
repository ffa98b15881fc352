package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** The money that quotas call settled is always what the rows of usage say. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SettlementIT {
  private static final String DIFFERENCES =
      """
      WITH said AS (
        SELECT s.kind, s.id, u.billing_month, sum(u.cost_usd) AS cost
        FROM ai_usage_metrics u
        CROSS JOIN LATERAL (VALUES ('user', u.user_id), ('key', u.key_id::text), ('team', u.team_id)) AS s (kind, id)
        WHERE s.id IS NOT NULL AND u.cost_usd IS NOT NULL
        GROUP BY 1, 2, 3
      )
      SELECT count(*)
      FROM said FULL JOIN user_quotas q
        ON (q.subject_kind, q.subject_id, q.billing_month) = (said.kind, said.id, said.billing_month)
      WHERE coalesce(said.cost, 0) <> coalesce(q.usd_settled, 0)\
      """;

  private final Vertx vertx = Vertx.vertx();
  private TestDatabase database;
  private Database pools;

  @BeforeAll
  void open(TestDatabase given) {
    database = given;
    pools = given.database(vertx);
  }

  @AfterAll
  void close() {
    pools.close().await();
    vertx.close().await();
  }

  @Test
  void aRowSettlesForItsUserItsKeyAndItsTeamInItsMonth() {
    var key = UUID.randomUUID();
    ledger(insert("s1", key, "team-1", "ok", "0.25", 1));
    ledger(insert("s1", key, "team-1", "ok", "0.5", 3));

    assertThat(settled("user", "s1")).isEqualByComparingTo("1.75");
    assertThat(settled("key", key.toString())).isEqualByComparingTo("1.75");
    assertThat(settled("team", "team-1")).isEqualByComparingTo("1.75");
    assertNoDifferences();
  }

  @Test
  void aRowThatComesTwiceSettlesOnceAndALateFinishMovesItByTheDifference() {
    var id = UUID.randomUUID();
    // Half of the row's key: the day may end between two statements.
    var day = database.value("SELECT date_trunc('day', now(), 'UTC')::text");
    var upsert =
        """
        INSERT INTO ai_usage_metrics AS kept (id, started_at, billing_month, user_id, function_name, status,
          execution_time_ms, cost_usd)
        SELECT '%s', day, date_trunc('month', day, 'UTC')::date, 's2', 'f', '%s', 1, %s FROM (VALUES (timestamptz '%s')) AS d (day)
        ON CONFLICT (id, started_at) DO UPDATE SET status = excluded.status, cost_usd = excluded.cost_usd
        WHERE kept.status = 'interrupted'\
        """;

    ledger(upsert.formatted(id, "interrupted", "0.9", day));
    ledger(upsert.formatted(id, "interrupted", "0.9", day));
    assertThat(settled("user", "s2")).isEqualByComparingTo("0.9");
    ledger(upsert.formatted(id, "ok", "0.4", day));
    ledger(upsert.formatted(id, "ok", "0.7", day));

    assertThat(settled("user", "s2")).isEqualByComparingTo("0.4");
    assertNoDifferences();
  }

  @Test
  void aNewPriceMovesItAndSoDoesAPriceThatWasMissing() {
    ledger(insert("s3", UUID.randomUUID(), "team-3", "ok", "2", 2));
    ledger(insert("s3", UUID.randomUUID(), "team-3", "ok", "NULL", 1));

    ledger("UPDATE ai_usage_metrics SET cost_usd = coalesce(cost_usd, 1) / 2 WHERE user_id = 's3'");

    assertThat(settled("user", "s3")).isEqualByComparingTo("2.5");
    assertNoDifferences();
  }

  @Test
  void erasureTakesTheMoneyToItsNewName() {
    ledger(insert("s4", UUID.randomUUID(), "team-4", "ok", "1", 1));

    pools
        .jobs(
            c ->
                c.query("UPDATE ai_usage_metrics SET user_id = 'erased-4' WHERE user_id = 's4'")
                    .execute())
        .await();

    assertThat(settled("user", "s4")).isEqualByComparingTo("0");
    assertThat(settled("user", "erased-4")).isEqualByComparingTo("1");
    assertNoDifferences();
  }

  @Test
  void manyWritersAgree() throws Exception {
    try (var writers = Executors.newFixedThreadPool(4)) {
      var work = new ArrayList<Callable<Void>>();
      for (var writer = 0; writer < 4; writer++) {
        work.add(
            () -> {
              for (var batch = 0; batch < 10; batch++) {
                ledger(
                    """
                    INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, key_id, team_id, function_name,
                      status, execution_time_ms, cost_usd)
                    SELECT gen_random_uuid(), now(), date_trunc('month', now(), 'UTC')::date, 'many-' || n % 7,
                      ('00000000-0000-0000-0000-00000000000' || n % 3)::uuid, 'many', 'f', 'ok', 1, n * 0.001
                    FROM generate_series(1, 100) AS n ORDER BY random()\
                    """);
              }
              return null;
            });
      }
      for (var outcome : writers.invokeAll(work)) {
        outcome.get();
      }
    }

    assertThat(settled("team", "many")).isEqualByComparingTo("202");
    assertNoDifferences();
  }

  private static String insert(
      String user, UUID key, String team, String status, String cost, int rows) {
    return """
    INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, key_id, team_id, function_name, status,
      execution_time_ms, cost_usd)
    SELECT gen_random_uuid(), now(), date_trunc('month', now(), 'UTC')::date, '%s', '%s', '%s', 'f', '%s', 1, %s
    FROM generate_series(1, %d)\
    """
        .formatted(user, key, team, status, cost, rows);
  }

  private void ledger(String sql) {
    pools.ledger(c -> c.query(sql).execute()).await();
  }

  /** In all months: one may end between two statements. */
  private BigDecimal settled(String kind, String id) {
    return (BigDecimal)
        database.value(
            "SELECT sum(usd_settled) FROM user_quotas WHERE subject_kind = ? AND subject_id = ?",
            kind,
            id);
  }

  private void assertNoDifferences() {
    assertThat(database.count(DIFFERENCES)).isZero();
  }
}
