package dev.weir.experiments.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Guardrails, and how alpha is shared out to them. */
class GuardrailTest {
  private static final int RUNS = 400;

  @Test
  void aHarmfulVariantIsFoundLongBeforeTheEnd() {
    assertThat(usersUntilBroken(0.05, 0.35)).isBetween(10, 400);
  }

  @Test
  void harmWithinTheMarginIsPutUpWith() {
    assertThat(usersUntilBroken(0.05, 0.07)).isEqualTo(Integer.MAX_VALUE);
  }

  private static int usersUntilBroken(double control, double treated) {
    var guardrail = new Guardrail(0.03, 0.01, 1000);
    var random = new SplittableRandom(12);
    for (var u = 1; u <= 3000; u++) {
      var arm = random.nextBoolean();
      guardrail.observe(
          arm ? Arm.TREATED : Arm.CONTROL,
          random.nextDouble() < (arm ? treated : control),
          0.5,
          0.5);
      if (guardrail.verdict().broken()) {
        return u;
      }
    }
    return Integer.MAX_VALUE;
  }

  @Test
  void aVariantWithoutHarmIsCalledSafeInTime() {
    var guardrail = new Guardrail(0.05, 0.01, 2000);
    var random = new SplittableRandom(13);
    assertThat(guardrail.verdict().state()).isEqualTo(GuardrailVerdict.State.WAITING);
    guardrail.observe(Arm.CONTROL, false, 0.5, 0.5);
    guardrail.observe(Arm.TREATED, false, 0.5, 0.5);
    assertThat(guardrail.verdict().state()).isEqualTo(GuardrailVerdict.State.OPEN);

    for (var u = 0; u < 5000; u++) {
      guardrail.observe(
          random.nextBoolean() ? Arm.TREATED : Arm.CONTROL, random.nextDouble() < 0.03, 0.5, 0.5);
    }

    assertThat(guardrail.verdict().state()).isEqualTo(GuardrailVerdict.State.SAFE);
  }

  @Test
  void costPerSuccessWaitsForAHundredSuccessesPerArm() {
    var cheap = costs(400, 1, 0.9);
    var few = costs(400, 5, 0.2);

    assertThat(few.bottom()).isLessThan(100);
    assertThat(cost(cheap, few).state()).isEqualTo(GuardrailVerdict.State.WAITING);
    assertThat(cost(cheap, costs(800, 5, 0.2)).state()).isEqualTo(GuardrailVerdict.State.BROKEN);
    assertThat(cost(cheap, costs(800, 1, 0.9)).broken()).isFalse();
    assertThat(cost(cheap, RatioSums.NONE).state()).isEqualTo(GuardrailVerdict.State.WAITING);
  }

  @Test
  void costPerSuccessAtTheMarginRaisesNoMoreFalseAlarmsThanItsAlpha() {
    var alarms = 0;
    for (var run = 0; run < RUNS; run++) {
      alarms += costAlarm(run, 1.2) ? 1 : 0;
    }

    // At 1 %: more than ten of 400 would come in one of 300 such simulations.
    assertThat(alarms).isLessThanOrEqualTo(10);
    assertThat(costAlarm(1, 2.5)).as("what is far dearer is noticed").isTrue();
  }

  /** Whether it ever fires in 1,500 users of whom few make most calls, looked at every 25 users. */
  private static boolean costAlarm(int seed, double dearer) {
    var random = new SplittableRandom(seed);
    var sums = new RatioSums[] {RatioSums.NONE, RatioSums.NONE};
    for (var u = 1; u <= 1500; u++) {
      var arm = random.nextInt(2);
      var calls = 1 + (int) (2 / Math.sqrt(random.nextDouble() + 1e-3));
      var good = 0;
      for (var call = 0; call < calls; call++) {
        good += random.nextDouble() < 0.8 ? 1 : 0;
      }
      var price = (0.5 + random.nextDouble()) * (arm == 1 ? dearer : 1);
      sums[arm] = sums[arm].with(calls * price, good);
      if (u % 25 == 0 && cost(sums[0], sums[1]).broken()) {
        return true;
      }
    }
    return false;
  }

  private static GuardrailVerdict cost(RatioSums control, RatioSums treated) {
    return Guardrail.costPerSuccess(
        List.of(new RatioComparison.Epoch(control, treated, 0.5, 0.5)),
        EpochRule.BY_INFORMATION,
        0.2,
        0.01,
        1000);
  }

  private static RatioSums costs(int users, double price, double success) {
    var random = new SplittableRandom(users);
    var sums = RatioSums.NONE;
    for (var u = 0; u < users; u++) {
      sums = sums.with(price * (0.5 + random.nextDouble()), random.nextDouble() < success ? 1 : 0);
    }
    return sums;
  }

  @Test
  void sharesOfAlphaAddUpToAlpha() {
    assertThat(Alpha.perComparison(0.05, 2)).isEqualTo(0.05);
    assertThat(4 * Alpha.perComparison(0.05, 5)).isCloseTo(0.05, within(1e-15));
    assertThat(2 * 3 * Alpha.perGuardrail(0.05, 3, 3)).isCloseTo(0.05, within(1e-15));
  }
}
