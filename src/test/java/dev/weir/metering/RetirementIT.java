package dev.weir.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Old calls go by policy, their sums stay, and only the leader decides. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class RetirementIT {
  private TestDatabase database;
  private Database pools;

  @BeforeEach
  void use(TestDatabase given, Vertx vertx) {
    database = given;
    pools = given.database(vertx);
    database.execute("DELETE FROM job_leases");
    // So many months ago is another month once this one has ended.
    database.execute(
        """
        DO $$
        DECLARE
          made text;
        BEGIN
          FOR made IN DELETE FROM partition_spans WHERE partition_name LIKE 'usage_ago_%' RETURNING partition_name LOOP
            EXECUTE format('DROP TABLE %I', made);
          END LOOP;
        END
        $$\
        """);
  }

  @Test
  void aMonthPastItsTimeGoesAndItsSumsStay() {
    makeMonth(14);
    call(14, "old");

    retire(13, lead());

    assertThat(count("SELECT count(*) FROM ai_usage_metrics WHERE function_name = 'old'")).isZero();
    assertThat(count("SELECT count(*) FROM partition_spans WHERE partition_name = 'usage_ago_14'"))
        .isZero();
    assertThat(count("SELECT sum(calls) FROM usage_hourly WHERE function_name = 'old'")).isOne();
    assertThat(count("SELECT sum(calls) FROM usage_daily WHERE function_name = 'old'")).isOne();
  }

  @Test
  void aMonthWithinItsTimeStays() {
    makeMonth(13);
    call(13, "kept");

    retire(13, lead());

    assertThat(count("SELECT count(*) FROM ai_usage_metrics WHERE function_name = 'kept'")).isOne();
  }

  @Test
  void whoDoesNotLeadDropsNothing() {
    makeMonth(15);
    call(15, "guarded");
    var lost = lead() - 1;

    assertThatThrownBy(() -> retire(13, lost)).hasMessageContaining("led by another");

    assertThat(count("SELECT count(*) FROM ai_usage_metrics WHERE function_name = 'guarded'"))
        .isOne();
  }

  @Test
  void noLimitIsNoJob() {
    assertThat(Partitions.retirement(0)).isEmpty();
  }

  private void retire(int months, long fence) {
    Partitions.retirement(months)
        .orElseThrow()
        .body()
        .apply(new Turn("partitions", fence, pools))
        .timeout(20, TimeUnit.SECONDS)
        .await();
  }

  private long lead() {
    return count("SELECT weir_lead('partitions', 'this test', '1 hour')");
  }

  private void makeMonth(int ago) {
    database.execute(
        """
        DO $$
        DECLARE
          begins timestamptz := date_trunc('month', now(), 'UTC') - interval '%1$d months';
          ends timestamptz := begins + interval '1 month';
        BEGIN
          EXECUTE format('CREATE TABLE usage_ago_%1$d PARTITION OF ai_usage_metrics FOR VALUES FROM (%%L) TO (%%L)',
            begins, ends);
          ALTER TABLE usage_ago_%1$d OWNER TO weir_owner;
          INSERT INTO partition_spans VALUES ('ai_usage_metrics', 'usage_ago_%1$d', begins, ends);
        END
        $$\
        """
            .formatted(ago));
  }

  private void call(int monthsAgo, String function) {
    database.execute(
        """
        INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, status, execution_time_ms)
        SELECT gen_random_uuid(), t, t::date, 'ann', '%s', 'ok', 5
        FROM (SELECT date_trunc('month', now(), 'UTC') - interval '%d months' AS t) AS moment\
        """
            .formatted(function, monthsAgo));
  }

  private long count(String sql) {
    return database.count(sql);
  }
}
