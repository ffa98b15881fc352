package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An arm whose users keep their opinions to themselves leaves other users to compare. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class AttritionIT {
  private static final String NAME = "one";
  private static final String FEEDBACK = "{\"primary\": \"feedback\", \"expected_users\": 1000}";
  private JudgeWorld world;

  @BeforeEach
  void begin(Vertx vertx, TestDatabase database) {
    world = new JudgeWorld(vertx, database);
    world.experiment(NAME, 2, FEEDBACK);
    world.sql.execute("UPDATE experiments SET feedback_window = '0'");
    world.users(NAME, "a", 1000, 0, 10, 1);
    world.users(NAME, "b", 1000, 0, 10, 1);
  }

  @Test
  void anArmWithFewerAnswersIsWarnedOfAndNothingIsSuspended() {
    answers("a", 0.6);
    answers("b", 0.3);

    world.look();

    var said = said();
    assertThat(said.at("/sample_ratio/alarm").asBoolean(true)).isFalse();
    assertThat(said.at("/entered_ratio/warning").asBoolean()).isTrue();
    assertThat(said.at("/entered_ratio/p_value").asDouble()).isLessThan(0.001);
    assertThat(said.at("/entered_ratio/users").asLong()).isEqualTo(900);
    assertThat(said.path("suspended").asBoolean(true)).isFalse();
    assertThat(alerts()).containsExactly("experiment-attrition:one firing");
    assertThat(said.at("/variants/a/response_rate").asDouble()).isCloseTo(0.3, within(1e-9));
    assertThat(said.at("/variants/b/response_rate").asDouble()).isCloseTo(0.15, within(1e-9));
    var effect = said.at("/variants/b/response_rate_effect");
    assertThat(effect.path("upper").asDouble()).isNegative();
    assertThat(effect.path("p_value").asDouble()).isLessThan(0.001);
    assertThat(effect.path("validity").asText()).isEqualTo("anytime");

    world.sql.execute("UPDATE experiments SET status = 'stopped', stopped_at = now()");
    world.look();
    world.look();

    assertThat(alerts()).containsExactly("experiment-attrition:one resolved");
  }

  @Test
  void armsWhoseUsersAnswerAlikeAreNot() {
    answers("a", 0.5);
    answers("b", 0.5);

    world.look();

    assertThat(said().at("/entered_ratio/warning").asBoolean(true)).isFalse();
    assertThat(said().at("/variants/b/response_rate_effect/p_value").asDouble())
        .isGreaterThan(0.05);
    assertThat(alerts()).isEmpty();
  }

  /** Such a share of an arm's users answers half of their ten trials. */
  private void answers(String arm, double share) {
    world.sql.execute(
        """
        UPDATE experiment_units AS u SET feedback_answers = 5, feedback_successes = 4
        FROM (SELECT user_id, row_number() OVER (ORDER BY user_id) AS n FROM experiment_units WHERE first_variant = ?) AS s
        WHERE u.user_id = s.user_id AND (s.n * 7919) % 1000 < 1000 * ?::float8\
        """,
        arm, share);
  }

  private JsonNode said() {
    return Json.parse(
        String.valueOf(
            world.sql.value(
                "SELECT verdict::text FROM experiments WHERE experiment_name = ?", NAME)));
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
