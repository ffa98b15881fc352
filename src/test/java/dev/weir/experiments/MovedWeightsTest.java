package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Equal arms whose weights went from 9 : 1 to 1 : 9 while everybody's calls changed: what the judge
 * says of them.
 */
class MovedWeightsTest {
  private static final Instant NOON = Instant.parse("2026-05-05T12:00:00Z");
  private static final Map<Integer, Map<String, Double>> MOVED =
      Map.of(1, Map.of("a", 0.9, "b", 0.1), 2, Map.of("a", 0.1, "b", 0.9));
  private static final Map<Integer, Map<String, Double>> STILL =
      Map.of(1, Map.of("a", 0.5, "b", 0.5), 2, Map.of("a", 0.5, "b", 0.5));

  @Test
  void noQuantileIsSaidToDiffer() {
    var said = variants(experiment(false, MOVED));

    assertThat(said.at("/b/p95_ms/p_value").asDouble()).isGreaterThan(0.05);
    assertThat(said.at("/b/p95_ms/lower").asDouble()).isNegative();
    assertThat(said.at("/b/p95_ms/upper").asDouble()).isPositive();
    assertThat(said.at("/b/p95_ms/validity").asText()).isEqualTo("anytime");
  }

  /** One in 25 is that sure by chance; five of 20 are so once in a thousand times. */
  @Test
  void neitherArmIsSaidToBeTheBest() {
    for (var bandit : new boolean[] {false, true}) {
      var sure = 0;
      for (var seed = 0; seed < 20; seed++) {
        var said = variants(experiment(bandit, MOVED), seed, 1500);
        for (var arm : List.of("a", "b")) {
          assertThat(said.path(arm).path("expected_loss").asDouble()).isBetween(0.0, 0.06);
          assertThat(said.path(arm).path("standing_validity").asText()).isEqualTo("unprotected");
        }
        sure += Math.abs(said.at("/b/probability_to_be_best").asDouble() - 0.5) > 0.48 ? 1 : 0;
      }
      assertThat(sure).isLessThanOrEqualTo(4);
    }
  }

  @Test
  void meansOfUsersOfDifferentTimesAreSaidToBeBiased() {
    assertThat(variants(experiment(false, MOVED)).at("/a/mean_is_biased").asBoolean()).isTrue();
    assertThat(variants(experiment(false, STILL)).at("/a/mean_is_biased").asBoolean(true))
        .isFalse();
    assertThat(variants(experiment(true, STILL)).at("/a/mean_is_biased").asBoolean()).isTrue();
  }

  @Test
  void ofABanditItIsSaidWhatAllUsersWouldHaveHadInAnArm() {
    var said = variants(experiment(true, MOVED));

    for (var arm : List.of("a", "b")) {
      var value = said.path(arm).path("value");
      assertThat(value.path("effect").asDouble()).isCloseTo(TRUTH, within(0.06));
      assertThat(value.path("lower").asDouble()).isLessThan(TRUTH);
      assertThat(value.path("upper").asDouble()).isGreaterThan(TRUTH);
      assertThat(value.path("validity").asText()).isEqualTo("anytime");
    }
    assertThat(said.at("/a/mean").asDouble()).isLessThan(TRUTH - 0.1);
    assertThat(said.at("/b/mean").asDouble()).isGreaterThan(TRUTH + 0.1);
    assertThat(variants(experiment(false, MOVED)).at("/a/value").isMissingNode()).isTrue();
  }

  /** Of a share of good calls of 0.5 before and of 0.9 after, with as many users. */
  private static final double TRUTH = 0.7;

  private static JsonNode variants(Judged now) {
    return variants(now, 7, 6000);
  }

  private static JsonNode variants(Judged now, long seed, int usersPerEpoch) {
    var judgement = new Judgement(now);
    var random = new SplittableRandom(seed);
    for (var epoch = 1; epoch <= 2; epoch++) {
      for (var n = 0; n < usersPerEpoch; n++) {
        var at = NOON.plusSeconds(8000L * epoch + n);
        var arm = random.nextDouble() < now.probability(epoch, "a") ? "a" : "b";
        var good = 0;
        for (var call = 0; call < 10; call++) {
          good += random.nextDouble() < (epoch == 1 ? 0.5 : 0.9) ? 1 : 0;
        }
        judgement.closed(now, new ClosedUnit(arm, epoch, at, 10, good, 0.1, 0, 0));
        var ms = (epoch == 1 ? 2000 : 500) * Math.exp(0.5 * random.nextGaussian());
        judgement.first(now, new FirstTrial(arm, epoch, at, "success", (long) ms));
      }
    }
    return judgement.finish(now).json().path("variants");
  }

  private static Judged experiment(boolean bandit, Map<Integer, Map<String, Double>> epochs) {
    return new Judged(
        "one",
        "running",
        bandit,
        false,
        Duration.ZERO,
        ExperimentPlan.of(Json.parse("{\"expected_users\": 12000}")),
        List.of(
            new Judged.Arm("a", true, Optional.empty(), 0),
            new Judged.Arm("b", false, Optional.empty(), 0)),
        epochs,
        NOON,
        List.of());
  }
}
