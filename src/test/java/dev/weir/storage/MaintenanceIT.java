package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.sqlclient.SqlConnection;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What background jobs do in the database: partitions ahead, leadership with a fence, limits that
 * move the epoch.
 */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class MaintenanceIT {
  private TestDatabase database;
  private Database pools;

  @BeforeEach
  void use(TestDatabase given, Vertx vertx) {
    database = given;
    pools = given.database(vertx);
  }

  @Test
  void partitionsAreMadeAheadOnceAndOldOnesDropped() {
    // Of both tables, where a month has ended since this database was migrated.
    var ended =
        2
            * (int)
                database.count(
                    "SELECT count(*) - 2 FROM partition_spans WHERE table_name = 'ai_usage_metrics'"
                        + " AND begins <= now()");
    assertThat(pools.jobs(number("SELECT weir_make_partitions(3)")).await()).isEqualTo(ended);
    assertThat(pools.jobs(number("SELECT weir_make_partitions(6)")).await()).isEqualTo(6);
    assertThat(pools.jobs(number("SELECT weir_drop_partitions(1)")).await()).isEqualTo(ended);
    assertThat(
            database.count(
                "SELECT count(*) FROM partition_spans WHERE table_name = 'ai_usage_metrics' AND"
                    + " begins <= now() AND ends > now()"))
        .isOne();
    assertThat(
            database.count(
                "SELECT count(*) FROM partition_spans a JOIN partition_spans b USING (table_name)"
                    + " WHERE a.ends = b.begins"))
        .as("no gaps")
        .isEqualTo(2 * 7);
  }

  @Test
  void aUserMayNotMakeOrDropPartitions() {
    for (var forbidden : new String[] {"weir_make_partitions(1)", "weir_drop_partitions(1)"}) {
      assertThatThrownBy(() -> pools.inUser("alice", number("SELECT " + forbidden)).await())
          .hasMessageContaining("permission denied");
    }
  }

  @Test
  void leadershipGoesToOneAndTheFenceGrowsWithEveryChange() {
    assertThat(lead("a", "1 hour")).isOne();
    assertThat(lead("b", "1 hour")).isNull();
    assertThat(lead("a", "-1 second")).as("renewed by its holder, and let go at once").isOne();
    assertThat(lead("b", "1 hour")).isEqualTo(2);

    pools.jobs(number("SELECT 1 FROM weir_require_fence('roll-up', 2)")).await();
    assertThatThrownBy(
            () -> pools.jobs(number("SELECT 1 FROM weir_require_fence('roll-up', 1)")).await())
        .hasMessageContaining("led by another");
  }

  @Test
  void everyChangeOfAUsersLimitsMovesTheEpoch() {
    pools.ledger(run("INSERT INTO users (user_id) VALUES ('zoe')")).await();
    assertThat(database.value("SELECT tier FROM users WHERE user_id = 'zoe'")).isEqualTo("free");
    assertThat(epoch()).isZero();

    pools
        .ledger(run("UPDATE users SET tier = 'pro', tier_issued_at = now() WHERE user_id = 'zoe'"))
        .await();
    assertThat(epoch()).isOne();

    pools
        .admin(run("INSERT INTO subject_limits VALUES ('user', 'zoe', 'calls', 'day', 3)"))
        .await();
    assertThat(epoch()).isEqualTo(2);

    pools.jobs(run("DELETE FROM subject_limits WHERE subject_id = 'zoe'")).await();
    assertThat(epoch()).isEqualTo(3);
  }

  @Test
  void aMonthIsOpenedForManySubjectsAndNeverZeroed() {
    var open =
        "SELECT 1 FROM weir_open_month(ARRAY['user', 'team', 'user'], ARRAY['u1', 't1', 'u1'],"
            + " '2026-12-01')";
    pools.ledger(number(open)).await();
    pools.ledger(run("UPDATE user_quotas SET calls_used = 5 WHERE subject_id = 'u1'")).await();

    pools.ledger(number(open)).await();

    assertThat(database.count("SELECT calls_used FROM user_quotas WHERE subject_id = 'u1'"))
        .isEqualTo(5);
    assertThat(
            database.count("SELECT count(*) FROM user_quotas WHERE billing_month = '2026-12-01'"))
        .isEqualTo(2);
  }

  private Integer lead(String candidate, String time) {
    return pools
        .jobs(number("SELECT weir_lead('roll-up', '" + candidate + "', '" + time + "')"))
        .await();
  }

  private long epoch() {
    return database.count("SELECT epoch FROM users WHERE user_id = 'zoe'");
  }

  private static Function<SqlConnection, Future<Void>> run(String sql) {
    return connection -> connection.query(sql).execute().mapEmpty();
  }

  private static Function<SqlConnection, Future<Integer>> number(String sql) {
    return connection ->
        connection.query(sql).execute().map(rows -> rows.iterator().next().getInteger(0));
  }
}
