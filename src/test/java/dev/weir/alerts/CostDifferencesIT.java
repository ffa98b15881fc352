package dev.weir.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.PricingSettings;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class CostDifferencesIT {
  private final CostDifferences watch = new CostDifferences(PricingSettings.DEFAULT);
  private TestDatabase database;
  private Database pools;

  @BeforeEach
  void use(TestDatabase given, Vertx vertx) {
    database = given;
    pools = given.database(vertx);
    for (var table : new String[] {"job_leases", "alert_events", "ai_usage_metrics"}) {
      database.execute("DELETE FROM " + table);
    }
  }

  @Test
  void aModelWhoseProviderAsksMoreThanWeThinkIsAnAlertUntilTheFiguresAgree() throws Exception {
    call("p/dear", "0.10", "0.12", false);
    call("p/right", "0.10", "0.1000001", false);

    round();
    round();

    assertThat(alerts()).containsExactly(entry("cost-difference:p/dear", "firing"));
    assertThat(
            database.value(
                "SELECT detail->>'difference_usd' FROM alert_events WHERE state = 'firing'"))
        .isEqualTo("-0.020000000");

    database.execute("UPDATE ai_usage_metrics SET recorded_at = now() - interval '61 minutes'");
    call("p/dear", "0.12", "0.12", false);
    round();

    assertThat(alerts()).containsExactly(entry("cost-difference:p/dear", "resolved"));
  }

  @Test
  void aDifferenceOfLessThanEitherToleranceIsNone() throws Exception {
    call("p/percent", "10.00", "10.05", false);
    call("p/dollars", "0.00001", "0.00002", false);

    round();

    assertThat(alerts()).isEmpty();
  }

  @Test
  void whatTheSandboxSaysIsNoFigure() throws Exception {
    call("p/simulated", "1", "2", true);

    round();

    assertThat(alerts()).isEmpty();
  }

  private void call(String model, String ours, String theirs, boolean simulated) {
    database.execute(
        """
        INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, status,
          execution_time_ms, cost_usd, provider_cost_usd, simulated, attempts)
        SELECT gen_random_uuid(), now(), date_trunc('month', now(), 'UTC')::date, 'ann', 'chat', 'ok',
          1, 1, 1, %4$s, '[{"provider": "p", "model": "%1$s", "cost_usd": %2$s,
          "provider_cost_usd": %3$s, "simulated": %4$s}]'::jsonb
        """
            .formatted(model, ours, theirs, simulated));
  }

  private void round() throws Exception {
    var fence =
        (Long) database.value("SELECT weir_lead('cost-differences', 'me', interval '1 minute')");
    watch
        .round(new Turn("cost-differences", fence, pools))
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  private java.util.List<Map<String, Object>> alerts() {
    return database.query("SELECT alert_name, state FROM alert_events ORDER BY alert_name");
  }

  private static Map<String, Object> entry(String name, String state) {
    return Map.of("alert_name", name, "state", state);
  }
}
