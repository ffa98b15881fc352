package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who is compared with whom, when arms are switched off and on. */
class JudgementTest {
  private static final Instant NOON = Instant.parse("2026-05-05T12:00:00Z");
  private static final Instant MORNING = NOON.minus(Duration.ofHours(3));
  private static final Instant EVENING = NOON.plus(Duration.ofHours(6));

  @Test
  void aComparisonEndsForBothArmsWhenOneIsSwitchedOffAndForNoOther() {
    var now = experiment(arm("b", Optional.of(NOON), 0), arm("c", Optional.empty(), 0));
    var judgement = new Judgement(now);

    for (var window : List.of(MORNING, EVENING)) {
      for (var arm : List.of("a", "b", "c")) {
        judgement.closed(now, unit(arm, 1, window));
        judgement.first(now, new FirstTrial(arm, 1, window, "success", 100));
      }
    }

    var said = judgement.finish(now).json().path("variants");
    assertThat(said.at("/b/primary/users").asLong()).isEqualTo(2);
    assertThat(said.at("/b/p95_ms/users").asLong()).isEqualTo(2);
    assertThat(said.at("/b/guardrails/0/harm/users").asLong()).isEqualTo(2);
    assertThat(said.at("/c/primary/users").asLong()).isEqualTo(4);
    assertThat(said.at("/c/guardrails/0/harm/users").asLong()).isEqualTo(4);
  }

  @Test
  void anArmThatIsOnAgainIsComparedFromItsNewEpochOn() {
    var now = experiment(arm("b", Optional.empty(), 2), arm("c", Optional.empty(), 0));
    var judgement = new Judgement(now);

    for (var epoch = 1; epoch <= 2; epoch++) {
      for (var arm : List.of("a", "b", "c")) {
        judgement.closed(now, unit(arm, epoch, MORNING));
        judgement.first(now, new FirstTrial(arm, epoch, MORNING, "failure", 100));
      }
    }

    var said = judgement.finish(now).json().path("variants");
    assertThat(said.at("/b/primary/users").asLong()).isEqualTo(2);
    assertThat(said.at("/b/guardrails/0/harm/users").asLong()).isEqualTo(2);
    assertThat(said.at("/b/users").asLong()).isEqualTo(1);
    assertThat(said.at("/c/primary/users").asLong()).isEqualTo(4);
  }

  @Test
  void usersAreTakenAnewWhenTheyWereTakenUnderSomethingElse() {
    var judgement = new Judgement(experiment(arm("b", Optional.empty(), 0)));

    assertThat(judgement.fits(experiment(arm("b", Optional.empty(), 0)))).isTrue();
    assertThat(judgement.fits(experiment(arm("b", Optional.of(NOON), 0)))).isTrue();
    assertThat(judgement.fits(experiment(arm("b", Optional.empty(), 2)))).isFalse();
  }

  private static ClosedUnit unit(String arm, int epoch, Instant windowEndsAt) {
    return new ClosedUnit(arm, epoch, windowEndsAt, 10, 5, 0.1, 0, 0);
  }

  private static Judged.Arm arm(String name, Optional<Instant> offAt, int from) {
    return new Judged.Arm(name, false, offAt, from);
  }

  private static Judged experiment(Judged.Arm... treated) {
    var arms = new ArrayList<Judged.Arm>();
    arms.add(new Judged.Arm("a", true, Optional.empty(), 0));
    arms.addAll(List.of(treated));
    var shares = new HashMap<String, Double>();
    arms.forEach(arm -> shares.put(arm.name(), 1.0 / arms.size()));
    var plan =
        ExperimentPlan.of(
            Json.parse("{\"guardrails\": [{\"metric\": \"failed\", \"margin\": 0.1}]}"));
    return new Judged(
        "one",
        "running",
        false,
        false,
        Duration.ZERO,
        plan,
        arms,
        Map.of(1, Map.copyOf(shares), 2, Map.copyOf(shares)),
        MORNING,
        List.of());
  }
}
