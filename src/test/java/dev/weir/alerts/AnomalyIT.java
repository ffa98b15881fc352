package dev.weir.alerts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.AlertSettings;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.math.BigDecimal;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** From rows of usage to an alert, round by round, as the job of the leader does it. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class AnomalyIT {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private TestDatabase database;
  private Database pools;
  private AnomalyWatch watch;

  @BeforeEach
  void use(TestDatabase given, Vertx vertx) {
    database = given;
    pools = given.database(vertx);
    for (var table :
        new String[] {
          "job_leases",
          "anomaly_series",
          "anomaly_watch",
          "alert_events",
          "ai_usage_metrics",
          "usage_daily",
          "usage_hourly"
        }) {
      database.execute("DELETE FROM " + table);
    }
    watch = new AnomalyWatch(AlertSettings.DEFAULT, user -> "hash-of-" + user.length(), meters);
  }

  @Test
  void aJumpBecomesOneAlertPerUserAndFunctionAndEndsWhenItIsOver() {
    history("ada", "letters", "1");
    minutes(30, 10, "ada", "letters", "5");

    round();

    assertThat(firing("anomaly:user:ada")).isOne();
    assertThat(firing("anomaly:function:letters")).isOne();
    assertThat(meters.counter("weir.anomalies").count()).isEqualTo(2);
    assertThat(
            database.value(
                "SELECT detail->>'id' FROM alert_events WHERE alert_name = 'anomaly:user:ada'"))
        .isEqualTo("ada");

    // Another round over the same minutes finds nothing new.
    round();

    assertThat(database.count("SELECT count(*) FROM alert_events")).isEqualTo(2);

    // And a day of silence is its end.
    database.execute("UPDATE anomaly_series SET minute = minute - 1440, evidence = 0.001");
    database.execute("UPDATE anomaly_watch SET seen_until = now() - interval '3 minutes'");
    round();

    assertThat(firing("anomaly:user:ada")).isZero();
    assertThat(
            database.count(
                "SELECT count(*) FROM alert_events WHERE state = 'resolved' AND resolved_at IS NOT"
                    + " NULL"))
        .isEqualTo(2);
  }

  @Test
  void aJumpIsNotTakenForTheSeasonOfItsOwnHour() {
    history("gus", "hours", "1");
    database.execute(
        "UPDATE usage_hourly SET cost_usd = 10000 WHERE hour >= date_trunc('hour', now(), 'UTC') -"
            + " interval '8 days' AND hour < date_trunc('hour', now(), 'UTC') - interval '160"
            + " hours'");
    database.execute(
        "UPDATE usage_hourly SET cost_usd = 10000 WHERE hour >= now() - interval '23 hours'");
    minutes(30, 10, "gus", "hours", "5");

    round();

    assertThat(firing("anomaly:user:gus")).isOne();
  }

  @Test
  void ordinarySpendIsNoAlertAndIsRemembered() {
    history("bob", "plans", "1440");
    minutes(30, 20, "bob", "plans", "1");

    round();

    assertThat(database.count("SELECT count(*) FROM alert_events")).isZero();
    assertThat(database.count("SELECT count(*) FROM anomaly_series WHERE minutes > 15"))
        .isEqualTo(2);
  }

  @Test
  void callsThatAreRecordedLongAfterTheyEndedAreNoJump() {
    history("cyd", "late", "1");
    minutes(30, 10, "cyd", "late", "5");
    database.execute("UPDATE ai_usage_metrics SET started_at = started_at - interval '7 minutes'");

    round();

    assertThat(database.count("SELECT count(*) FROM alert_events")).isZero();
  }

  @Test
  void aMinuteIsLearntOnceAndOnlyWhenItIsOver() {
    history("dee", "once", "1440");
    minutes(10, 1, "dee", "once", "1");
    round();
    var cost = cost("dee");
    database.execute(
        "INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name,"
            + " status, execution_time_ms, cost_usd) SELECT gen_random_uuid(), now(),"
            + " date_trunc('month', now(), 'UTC')::date, 'dee', 'once', 'ok', 1, 1000");

    round();

    assertThat(cost("dee")).isLessThanOrEqualTo(cost);
  }

  @Test
  void aLeaderThatWasReplacedLearnsNothing() {
    history("eve", "fenced", "1");
    minutes(30, 10, "eve", "fenced", "5");
    var old = lead();
    database.execute("UPDATE job_leases SET fence = fence + 1");

    assertThatThrownBy(() -> await(watch.round(new Turn("anomaly", old, pools))))
        .hasMessageContaining("led by another");

    assertThat(database.count("SELECT count(*) FROM anomaly_series")).isZero();
    assertThat(database.count("SELECT count(*) FROM alert_events")).isZero();
  }

  @Test
  void whatIsForgottenIsWhatSpentNothingForFourWeeks() {
    history("fay", "old", "1");
    minutes(10, 1, "fay", "old", "1");
    round();
    database.execute(
        "UPDATE anomaly_series SET minute = minute - 29 * 1440 WHERE series_kind = 'user'");

    watch = new AnomalyWatch(AlertSettings.DEFAULT, user -> user, meters);
    round();

    assertThat(database.query("SELECT series_kind FROM anomaly_series")).hasSize(1);
  }

  @Test
  void theSettingsTurnItOff() {
    var off = new AlertSettings(false, 1, BigDecimal.ONE);

    assertThat(new AnomalyWatch(off, user -> user, meters).job()).isEmpty();
    assertThat(watch.job()).isPresent();
  }

  private void round() {
    await(watch.round(new Turn("anomaly", lead(), pools)));
  }

  private long lead() {
    return database.count("SELECT weir_lead('anomaly', 'test', '10 minutes')");
  }

  private static void await(io.vertx.core.Future<Void> done) {
    try {
      done.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Two weeks of so many dollars a day. */
  private void history(String user, String function, String usd) {
    database.execute(
        """
        INSERT INTO ai_usage_metrics (
          id, started_at, recorded_at, billing_month, user_id, function_name, status, execution_time_ms, cost_usd)
        SELECT ?::uuid, date_trunc('month', now()), now() - interval '20 days', date_trunc('month', now(), 'UTC')::date,
          ?, ?, 'ok', 1, 0\
        """,
        UUID.randomUUID().toString(),
        user,
        function);
    database.execute("DELETE FROM usage_daily WHERE user_id = ?", user);
    database.execute("DELETE FROM usage_hourly WHERE function_name = ?", function);
    database.execute(
        """
        INSERT INTO usage_daily (
          day, billing_month, user_id, team_id, key_id, function_name, provider, model, simulated, calls, errors, cache_hits,
          prompt_tokens, completion_tokens, prompt_tokens_cached, reasoning_tokens, searches, cost_usd, provider_cost_usd,
          unpriced_calls)
        SELECT day::date, date_trunc('month', day)::date, ?, '', '', ?, 'p', 'p/m', false, 10, 0, 0, 10, 10, 0, 0, 0, ?::numeric, 0, 0
        FROM generate_series((now() AT TIME ZONE 'UTC')::date - 14, (now() AT TIME ZONE 'UTC')::date - 1, interval '1 day') AS day\
        """,
        user,
        function,
        usd);
    database.execute(
        """
        INSERT INTO usage_hourly (
          hour, function_name, function_version, experiment, variant, provider, model, cache_status, simulated, calls, errors,
          cancelled, interrupted, retries, prompt_tokens, completion_tokens, prompt_tokens_cached, reasoning_tokens, searches,
          cost_usd, provider_cost_usd, unpriced_calls, latency_ms_sum, latency_index, latency_count)
        SELECT hour, ?, '', '', '', 'p', 'p/m', 'off', false, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, ?::numeric / 24, 0, 0, 1, '{}', '{}'
        FROM generate_series(
          date_trunc('day', now(), 'UTC') - interval '14 days', date_trunc('day', now(), 'UTC') - interval '1 hour', interval '1 hour')
          AS hour\
        """,
        function,
        usd);
  }

  /**
   * One call of so many dollars in each minute, from so many minutes ago, and all before is seen.
   * In one statement: a minute may end between two.
   */
  private void minutes(int ago, int count, String user, String function, String usd) {
    database.execute("DELETE FROM anomaly_watch");
    database.execute(
        """
        WITH seen AS (
          INSERT INTO anomaly_watch (seen_until) SELECT date_trunc('minute', now()) - make_interval(mins => ? + 1)
        )
        INSERT INTO ai_usage_metrics (
          id, started_at, recorded_at, billing_month, user_id, function_name, status, execution_time_ms, cost_usd)
        SELECT gen_random_uuid(), at, at, date_trunc('month', at, 'UTC')::date, ?, ?, 'ok', 1, ?::numeric
        FROM generate_series(0, ? - 1) AS n,
          LATERAL (SELECT date_trunc('minute', now()) - make_interval(mins => ? - n)) AS t (at)\
        """,
        ago,
        user,
        function,
        usd,
        count,
        ago);
  }

  private long firing(String name) {
    return database.count(
        "SELECT count(*) FROM alert_events WHERE alert_name = ? AND state = 'firing'", name);
  }

  private double cost(String user) {
    return (double)
        database.value(
            "SELECT cost FROM anomaly_series WHERE series_kind = 'user' AND series_id = ?", user);
  }
}
