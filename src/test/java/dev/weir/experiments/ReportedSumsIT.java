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

/** What is told of the arms' sums, and what it is worth. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class ReportedSumsIT {
  private static final String NAME = "one";
  private JudgeWorld world;

  @BeforeEach
  void begin(Vertx vertx, TestDatabase database) {
    world = new JudgeWorld(vertx, database);
    world.experiment(NAME, 2, "{}");
    world.users(NAME, "a", 30, 0, 8, 1);
    world.users(NAME, "b", 30, 0, 8, 1);
    // Ten trials each.
    world.sql.execute(
        "UPDATE experiment_units SET tokens = 12000, latency_ms = 7000, feedback_answers = 4,"
            + " feedback_successes = 3");
    world.look();
  }

  @Test
  void meansAreThoseOfTrials() {
    var b = shown().at("/variants/1");

    assertThat(b.path("avg_tokens").asDouble()).isEqualTo(1200);
    assertThat(b.path("avg_latency_ms").asDouble()).isEqualTo(700);
    assertThat(b.path("response_rate").asDouble()).isEqualTo(0.4);
    assertThat(b.path("feedback_rate").asDouble()).isEqualTo(0.75);
    assertThat(shown().path("feedback_window_s").asLong()).isEqualTo(86_400);
    assertThat(shown().at("/evaluation/variants/b/response_rate").asDouble())
        .isCloseTo(0.4, within(1e-9));
    assertThat(
            world.sql.count(
                "SELECT count(*) FROM prompt_experiments WHERE avg_token_count = 1200 AND"
                    + " avg_latency_ms = 700"))
        .isEqualTo(2);
  }

  @Test
  void theyAreSaidToBeBiasedOnceWeightsHaveMoved() {
    assertThat(shown().at("/variants/0/means_are_biased").asBoolean(true)).isFalse();

    world.epoch(NAME, 2, "{\"a\": 0.9, \"b\": 0.1}");

    assertThat(shown().at("/variants/0/means_are_biased").asBoolean()).isTrue();
    assertThat(shown().at("/variants/1/means_are_biased").asBoolean()).isTrue();
  }

  private JsonNode shown() {
    return JudgeWorld.done(new ExperimentReports(world.database).show(NAME));
  }
}
