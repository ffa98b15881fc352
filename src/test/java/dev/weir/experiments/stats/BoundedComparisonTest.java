package dev.weir.experiments.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The difference of two arms in a bounded metric. */
class BoundedComparisonTest {

  /** Every way in which six users may come: no limit theorem is involved, at no sample size. */
  @Test
  void theEvidenceAgainstTheTruthNeverExceedsOneOnAverage() {
    for (var truth : new double[][] {{0.5, 0.5}, {0.1, 0.1}, {0.3, 0.9}, {0.98, 0.95}}) {
      for (var probability : new double[] {0.5, 0.2, 0.9}) {
        assertThat(averageEvidence(truth, probability, EpochRule.BY_INFORMATION))
            .isLessThanOrEqualTo(1 + 1e-9);
        assertThat(averageEvidence(truth, probability, EpochRule.BY_USERS))
            .isLessThanOrEqualTo(1 + 1e-9);
      }
    }
  }

  private static double averageEvidence(double[] truth, double treated, EpochRule rule) {
    var users = 6;
    var sum = 0.0;
    for (var path = 0; path < 1 << (2 * users); path++) {
      var comparison = new BoundedComparison(0.05, 20, rule, 0.1);
      var chance = 1.0;
      for (var u = 0; u < users; u++) {
        var arm = path >> (2 * u) & 1;
        var good = path >> (2 * u + 1) & 1;
        // The second half comes in another epoch, with the probabilities turned around.
        var p = u < users / 2 ? treated : 1 - treated;
        chance *= arm == 1 ? p : 1 - p;
        chance *= good == 1 ? truth[arm] : 1 - truth[arm];
        comparison.observe(arm == 1 ? Arm.TREATED : Arm.CONTROL, good, 1 - p, p);
      }
      sum += chance * Math.exp(comparison.logE(truth[1] - truth[0]));
    }
    return sum;
  }

  @Test
  void aLargeEffectIsFoundAndItsSizeCovered() {
    var comparison = filled(3000, 0.6, 0.75, 1);

    var estimate = comparison.estimate();

    assertThat(estimate.significant()).isTrue();
    assertThat(estimate.lower()).isPositive();
    assertThat(estimate.excludes(0.15)).isFalse();
    assertThat(estimate.value()).isCloseTo(0.15, within(0.05));
    assertThat(estimate.validity()).isEqualTo(Validity.ANYTIME);
    assertThat(estimate.users()).isEqualTo(3000);
  }

  @Test
  void thePValueIsBelowAlphaExactlyWhenZeroIsOutside() {
    for (var n = 1; n < 1500; n += 13) {
      var estimate = filled(n, 0.5, 0.62, 5).estimate();
      assertThat(estimate.significant()).isEqualTo(estimate.excludes(0));
    }
  }

  @Test
  void withoutUsersEverythingIsPossible() {
    var estimate = new BoundedComparison(0.05, 1000).estimate();

    assertThat(estimate.lower()).isEqualTo(-1);
    assertThat(estimate.upper()).isEqualTo(1);
    assertThat(estimate.pValue()).isEqualTo(1);
    assertThat(estimate.value()).isNaN();
  }

  @Test
  void armsExchangedTurnTheSign() {
    var one = new BoundedComparison(0.05, 500);
    var other = new BoundedComparison(0.05, 500);
    var random = new SplittableRandom(9);
    for (var u = 0; u < 400; u++) {
      var treated = random.nextDouble() < 0.3;
      var y = random.nextDouble();
      one.observe(treated ? Arm.TREATED : Arm.CONTROL, y, 0.7, 0.3);
      other.observe(treated ? Arm.CONTROL : Arm.TREATED, y, 0.3, 0.7);
    }

    assertThat(other.estimate().lower()).isCloseTo(-one.estimate().upper(), within(1e-9));
    assertThat(other.estimate().pValue()).isCloseTo(one.estimate().pValue(), within(1e-9));
  }

  @Test
  void aUserWhoCouldNotBeInBothArmsTellsNothing() {
    var comparison = filled(100, 0.5, 0.5, 3);
    var before = comparison.estimate();

    comparison.observe(Arm.CONTROL, 1, 1, 0);

    assertThat(comparison.estimate()).isEqualTo(before);
  }

  @Test
  void aMarginIsExceededOnlyByMoreThanIt() {
    var harmless = filled(4000, 0.05, 0.06, 4).beyond(0.05);
    var harmful = filled(4000, 0.05, 0.2, 4).beyond(0.05);

    assertThat(harmless.significant()).isFalse();
    assertThat(harmless.upper()).isLessThan(0.05);
    assertThat(harmful.significant()).isTrue();
    assertThat(harmful.lower()).isGreaterThan(0.05);
  }

  @Test
  void whatIsOutOfRangeIsRefused() {
    var comparison = new BoundedComparison(0.05, 100, EpochRule.BY_USERS, 0.1);

    assertThatThrownBy(() -> comparison.observe(Arm.CONTROL, 1.5, 0.5, 0.5))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> comparison.observe(Arm.CONTROL, Double.NaN, 0.5, 0.5))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> comparison.observe(Arm.CONTROL, 1, 0.95, 0.05))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("floor");
    assertThatThrownBy(() -> new BoundedComparison(0.7, 100))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static BoundedComparison filled(int users, double control, double treated, long seed) {
    var random = new SplittableRandom(seed);
    var comparison = new BoundedComparison(0.05, 1000);
    for (var u = 0; u < users; u++) {
      var arm = random.nextBoolean();
      var good = random.nextDouble() < (arm ? treated : control);
      comparison.observe(arm ? Arm.TREATED : Arm.CONTROL, good ? 1 : 0, 0.5, 0.5);
    }
    return comparison;
  }
}
