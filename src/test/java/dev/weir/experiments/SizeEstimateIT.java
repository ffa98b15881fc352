package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How many users and days an experiment takes, where opinions decide. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class SizeEstimateIT {
  private static final int USERS = 400;
  private JudgeWorld world;

  @BeforeEach
  void begin(Vertx vertx, TestDatabase database) {
    world = new JudgeWorld(vertx, database);
    database.execute("DELETE FROM feedback");
    database.execute("DELETE FROM ai_usage_metrics");
    world.experiment("validity", 2, "{}");
    world.experiment("feedback", 2, "{\"primary\": \"feedback\"}");
  }

  @Test
  void whereFeedbackDecidesItsUsersAreThoseWhoAnswerAndItsDaysAreTheirs() {
    calls(USERS);
    answers(USERS / 4);

    var size = size("feedback");

    assertThat(size.path("users_are").asText()).isEqualTo("users who answer");
    assertThat(size.path("share_of_users_who_answer").asDouble()).isCloseTo(0.25, within(0.01));
    assertThat(size.path("users_to_come").asDouble() / size.path("users").asDouble())
        .isCloseTo(4, within(0.1));
    // Six days without anybody, then 400 a day of whom a quarter answers, then the last window.
    assertThat(size.path("days").asDouble())
        .isCloseTo(size.path("users").asDouble() / (USERS / 4.0) + 6 + 7, within(2.0));
    assertThat(size("validity").path("users_are").asText()).isEqualTo("users with a trial");
    assertThat(size("validity").has("users_to_come")).isFalse();
  }

  @Test
  void aHistoryWithoutAnAnswerIsNoProofThatNobodyAnswers() {
    calls(USERS);

    var size = size("feedback");

    assertThat(size.path("share_of_users_who_answer").asDouble()).isBetween(0.001, 0.01);
    assertThat(size.path("users_to_come").asLong())
        .isGreaterThan(100 * size.path("users").asLong());
  }

  @Test
  void withoutAHistoryNobodyKnowsHowManyAnswer() {
    var size = size("feedback");

    assertThat(size.path("users").asLong()).isPositive();
    assertThat(size.path("share_of_users_who_answer").isNull()).isTrue();
    assertThat(size.path("days").isNull()).isTrue();
  }

  private JsonNode size(String name) {
    return JudgeWorld.done(new SizeEstimate(world.database).of(name, 0.05, 0.8));
  }

  private void calls(int users) {
    world.sql.execute(
        """
        INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, function_name, status, execution_time_ms)
        SELECT md5('call' || n)::uuid, now(), date_trunc('month', now(), 'UTC'), 'user-' || n, 'chat', 'ok', 100
        FROM generate_series(1, ?::int) AS n\
        """,
        users);
  }

  private void answers(int users) {
    world.sql.execute(
        """
        INSERT INTO feedback (id, request_id, user_id, success)
        SELECT gen_random_uuid(), md5('call' || n)::uuid, 'user-' || n, true FROM generate_series(1, ?::int) AS n\
        """,
        users);
  }
}
