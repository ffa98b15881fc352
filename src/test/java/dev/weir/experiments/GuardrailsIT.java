package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What harms is switched off, may be tried again, and is judged anew then. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class GuardrailsIT {
  private static final String NAME = "one";
  private static final String FAILED =
      "{\"expected_users\": 1000, \"guardrails\": [{\"metric\": \"failed\", \"margin\": 0.05}]}";
  private static final String COST =
      "{\"expected_users\": 1000, \"guardrails\": [{\"metric\": \"cost_per_success\", \"margin\":"
          + " 0.25}]}";
  private static final double DIME = 0.1;
  private JudgeWorld world;

  @BeforeEach
  void begin(Vertx vertx, TestDatabase database) {
    world = new JudgeWorld(vertx, database);
  }

  @Test
  void anArmThatIsSwitchedOnAgainIsJudgedByWhoComesFromThenOn() {
    harm();
    world.look();
    assertThat(world.isOff(NAME, "b")).isTrue();

    world.on(NAME, "b");
    world.look();
    world.users(NAME, "a", 300, 0.02, 10, DIME);
    world.users(NAME, "b", 300, 0.02, 10, DIME);
    world.look();
    world.look();

    assertThat(world.isOff(NAME, "b")).isFalse();
    assertThat(world.state(NAME, "b")).isIn("safe", "open");
    assertThat(world.decisions(NAME, "switched_off")).isEqualTo(1);
  }

  @Test
  void andIsSwitchedOffAgainIfItHarmsAgain() {
    harm();
    world.look();
    world.on(NAME, "b");
    world.look();
    assertThat(world.isOff(NAME, "b")).isFalse();

    world.users(NAME, "a", 300, 0.02, 10, DIME);
    world.users(NAME, "b", 300, 0.6, 10, DIME);
    world.look();

    assertThat(world.isOff(NAME, "b")).isTrue();
    assertThat(world.decisions(NAME, "switched_off")).isEqualTo(2);
  }

  @Test
  void anotherNodeThatBeginsToLeadJudgesItTheSame() {
    harm();
    world.look();
    world.on(NAME, "b");

    world.changeOfLead();
    world.look();
    world.look();

    assertThat(world.isOff(NAME, "b")).isFalse();
  }

  private void harm() {
    world.experiment(NAME, 2, FAILED);
    world.users(NAME, "a", 300, 0.02, 10, DIME);
    world.users(NAME, "b", 300, 0.6, 10, DIME);
  }

  @Test
  void costPerSuccessWaitsForAHundredSuccessesInEachArm() {
    world.experiment(NAME, 2, COST);
    world.users(NAME, "a", 300, 0, 10, DIME);
    world.users(NAME, "b", 99, 0, 1, DIME);
    world.look();
    world.look();
    assertThat(world.state(NAME, "b")).isEqualTo("waiting");
    assertThat(world.isOff(NAME, "b")).isFalse();

    world.users(NAME, "b", 201, 0, 1, DIME);
    world.look();
    world.look();

    assertThat(world.isOff(NAME, "b")).isTrue();
  }

  @Test
  void costPerSuccessSwitchesOffWhatIsDearerByMoreThanTheMarginAlone() {
    world.experiment(NAME, 4, COST);
    world.users(NAME, "a", 400, 0, 10, DIME);
    world.users(NAME, "b", 400, 0, 10, DIME * 1.1);
    world.users(NAME, "c", 400, 0, 10, DIME * 2);
    world.users(NAME, "d", 400, 0, 5, DIME * 0.9);

    world.look();
    world.look();

    assertThat(world.isOff(NAME, "b")).isFalse();
    assertThat(world.state(NAME, "b")).isEqualTo("safe");
    assertThat(world.isOff(NAME, "c")).isTrue();
    assertThat(world.isOff(NAME, "d")).as("half the price per call, twice per success").isTrue();
    assertThat(
            world.sql.query(
                "SELECT data ->> 'metric' AS metric FROM experiment_decisions WHERE decision ="
                    + " 'switched_off'"))
        .extracting(row -> row.get("metric"))
        .containsOnly("cost_per_success");
  }

  @Test
  void callsThatTimeOutOrAreGivenUpAreSlowHoweverSoonAndThoseThatFailFastAreNot() {
    world.experiment(
        NAME,
        4,
        "{\"expected_users\": 1000, \"guardrails\": [{\"metric\": \"slow\", \"over_ms\": 8000,"
            + " \"margin\": 0.05}]}");
    firstCalls();

    world.look();
    world.look();

    assertThat(world.isOff(NAME, "b")).as("half of the first calls timed out").isTrue();
    assertThat(world.isOff(NAME, "c")).as("half of the first callers went away").isTrue();
    assertThat(world.isOff(NAME, "d")).as("half of the first calls failed at once").isFalse();
    assertThat(world.state(NAME, "d")).isEqualTo("safe");
    assertThat(
            world.sql.query(
                "SELECT data ->> 'metric' AS metric FROM experiment_decisions WHERE decision ="
                    + " 'switched_off'"))
        .extracting(row -> row.get("metric"))
        .containsOnly("slow_over_8000_ms");
  }

  /**
   * Of 400 users of each arm a call of 700 ms, as metering writes it: of control's all succeed, of
   * the others every second one ends in its own way.
   */
  private void firstCalls() {
    world.sql.execute(
        """
        INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, experiment, variant,
          experiment_epoch, status, error_code, experiment_outcome, execution_time_ms)
        SELECT gen_random_uuid(), now() + random() * interval '1 millisecond', date_trunc('month', now(), 'UTC'),
          v.arm || v.n, 'chat', ?, v.arm, 1, CASE WHEN v.n % 2 = 0 THEN v.status ELSE 'ok' END,
          CASE WHEN v.n % 2 = 0 THEN v.error END, CASE WHEN v.n % 2 = 0 THEN v.outcome ELSE 'success' END, 700
        FROM (
          SELECT * FROM generate_series(1, 400) AS n CROSS JOIN (VALUES
            ('a', 'ok', NULL, 'success'),
            ('b', 'error', 'TIMEOUT', 'failure'),
            ('c', 'cancelled', NULL, 'cancelled'),
            ('d', 'error', 'PROVIDER_ERROR', 'failure')) AS arms (arm, status, error, outcome)
        ) AS v\
        """,
        NAME);
  }

  @Test
  void anAlertIsResolvedWhenSomebodyAnswersForTheArmAgain() {
    harm();
    world.look();
    assertThat(alerts()).containsExactly("experiment-guardrail:one/b firing");
    world.look();
    assertThat(alerts()).as("it is off, and still said").hasSize(1);
    assertThat(alerts().getFirst()).endsWith("firing");

    world.on(NAME, "b");
    world.look();

    assertThat(alerts()).containsExactly("experiment-guardrail:one/b resolved");
  }

  @Test
  void alertsAreResolvedWhenTheExperimentIsOver() {
    harm();
    world.users(NAME, "b", 400, 0.6, 10, DIME);
    world.look();
    assertThat(alerts())
        .containsExactlyInAnyOrder(
            "experiment-guardrail:one/b firing", "experiment-sample-ratio:one firing");

    world.sql.execute("UPDATE experiments SET status = 'stopped', stopped_at = now()");
    world.look();
    world.look();

    assertThat(alerts())
        .containsExactlyInAnyOrder(
            "experiment-guardrail:one/b resolved", "experiment-sample-ratio:one resolved");
  }

  private List<String> alerts() {
    return world
        .sql
        .query("SELECT alert_name || ' ' || state AS said FROM alert_events ORDER BY 1")
        .stream()
        .map(row -> String.valueOf(row.get("said")))
        .toList();
  }
}
