package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.testing.TestDatabase;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A cost jump and a forecast through a whole Weir. */
@ExtendWith(TestDatabase.Extension.class)
class SpendWatchIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration REST = Duration.ofMillis(20);

  @Test
  void aJumpBecomesAnAlertThatAdministratorsAndHealthSee(TestDatabase database) throws Exception {
    quietWeeks(database);
    jump(database);

    try (var weir = RunningWeir.sandboxed(database)) {
      var alerts = awaitAlerts(weir);

      assertThat(alerts.findValuesAsText("name"))
          .contains("anomaly:user:spender", "anomaly:function:burner");
      assertThat(alerts.findValuesAsText("state")).containsOnly("firing");
      assertThat(weir.get("/v1/functions").status()).isEqualTo(200);
    }

    try (var weir = RunningWeir.sandboxed(database)) {
      var deadline = System.nanoTime() + PATIENCE.toNanos();
      var report = "";
      while (!report.contains("alerts are firing") && System.nanoTime() < deadline) {
        report = admin(weir, "/system-health").toString();
        LockSupport.parkNanos(REST.toNanos());
      }
      assertThat(report).contains("2 alerts are firing");
      assertThat(weir.management("/metrics").raw().body()).contains("weir_alerts_firing");
      assertThat(weir.management("/api/alerts").status()).isEqualTo(401);
    }
  }

  @Test
  void forecastsAreServedAtBothDoors(TestDatabase database) {
    try (var weir = RunningWeir.sandboxed(database)) {
      var own = weir.get("/v1/usage/forecast");
      var total = admin(weir, "/api/forecast?by=total");

      assertThat(own.status()).as(own.raw().body()).isEqualTo(200);
      assertThat(own.json().at("/data/by").asText()).isEqualTo("user");
      assertThat(total.path("by").asText()).isEqualTo("total");
      assertThat(admin(weir, "/api/forecast?by=function&id=cover-letter").path("by").asText())
          .isEqualTo("function");
      assertThat(admin(weir, "/api/forecast?by=user").path("status").asInt()).isEqualTo(400);
      assertThat(admin(weir, "/api/forecast?by=planet").path("status").asInt()).isEqualTo(400);
      assertThat(admin(weir, "/api/alerts?state=odd").path("status").asInt()).isEqualTo(400);
    }
  }

  private static JsonNode awaitAlerts(RunningWeir weir) {
    var deadline = System.nanoTime() + PATIENCE.toNanos();
    var alerts = admin(weir, "/api/alerts?state=firing");
    while (alerts.path("alerts").size() < 2 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(REST.toNanos());
      alerts = admin(weir, "/api/alerts?state=firing");
    }
    return alerts;
  }

  private static JsonNode admin(RunningWeir weir, String path) {
    return weir.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + weir.weir().ports().management() + path))
                .header("authorization", "Bearer " + weir.key("WEIR_ADMIN_KEY"))
                .timeout(Duration.ofSeconds(30))
                .build())
        .json();
  }

  /** A dollar a day for two weeks. */
  private static void quietWeeks(TestDatabase database) {
    database.execute(
        """
        INSERT INTO usage_daily (
          day, billing_month, user_id, team_id, key_id, function_name, provider, model, simulated, calls, errors, cache_hits,
          prompt_tokens, completion_tokens, prompt_tokens_cached, reasoning_tokens, searches, cost_usd, provider_cost_usd,
          unpriced_calls)
        SELECT
          day::date, date_trunc('month', day)::date, 'spender', '', '', 'burner', 'p', 'p/m', false, 10, 0, 0, 10, 10, 0, 0, 0,
          1, 0, 0
        FROM generate_series((now() AT TIME ZONE 'UTC')::date - 14, (now() AT TIME ZONE 'UTC')::date - 1, interval '1 day') AS day\
        """);
    database.execute(
        """
        INSERT INTO usage_hourly (
          hour, function_name, function_version, experiment, variant, provider, model, cache_status, simulated, calls, errors,
          cancelled, interrupted, retries, prompt_tokens, completion_tokens, prompt_tokens_cached, reasoning_tokens, searches,
          cost_usd, provider_cost_usd, unpriced_calls, latency_ms_sum, latency_index, latency_count)
        SELECT
          hour, 'burner', '', '', '', 'p', 'p/m', 'off', false, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1 / 24.0, 0, 0, 1, '{}', '{}'
        FROM generate_series(
          date_trunc('day', now(), 'UTC') - interval '14 days', date_trunc('day', now(), 'UTC') - interval '1 hour',
          interval '1 hour') AS hour\
        """);
  }

  /** Five dollars a minute for ten minutes, of which the detector has seen none. */
  private static void jump(TestDatabase database) {
    database.execute(
        """
        INSERT INTO ai_usage_metrics (
          id, started_at, recorded_at, billing_month, user_id, function_name, status, execution_time_ms, cost_usd)
        SELECT gen_random_uuid(), at, at, date_trunc('month', at, 'UTC')::date, 'spender', 'burner', 'ok', 1, 5
        FROM generate_series(1, 10) AS n,
          LATERAL (SELECT date_trunc('minute', now()) - make_interval(mins => 15 - n)) AS t (at)\
        """);
    database.execute(
        "INSERT INTO anomaly_watch (seen_until) SELECT date_trunc('minute', now()) - interval '20"
            + " minutes' ON CONFLICT (only_row) DO UPDATE SET seen_until = excluded.seen_until");
  }
}
