package dev.weir.experiments.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The alarm on a broken split. */
class SampleRatioTest {
  private static final double[] INTENDED = {0.4, 0.4, 0.2};

  /** The Dirichlet(1, 1, 1) of the published example is 3 around a third, not around the odds. */
  @Test
  void withAPriorAroundTheIntendedOddsItIsTheTestOfLindonAndMalek() {
    var ratio = new SampleRatio(3, 3);
    var counts = new long[][] {{20, 17, 9}, {18, 21, 8}, {4, 6, 4}, {18, 19, 11}};

    for (var c : counts) {
      ratio.observeAll(c, INTENDED);
    }

    // The Dirichlet-multinomial with parameters 3 * (0.4, 0.4, 0.2), over all 155 users at once.
    assertThat(ratio.logE()).isCloseTo(dirichlet(1.2, 1.2, 0.6), within(1e-9));
  }

  private static double dirichlet(double... prior) {
    var counts = new double[] {60, 63, 32};
    var log = gamma(3) - gamma(3 + 155);
    for (var i = 0; i < 3; i++) {
      log += gamma(prior[i] + counts[i]) - gamma(prior[i]) - counts[i] * Math.log(INTENDED[i]);
    }
    return log;
  }

  private static double gamma(double x) {
    return org.apache.commons.numbers.gamma.LogGamma.value(x);
  }

  /**
   * The marginal likelihoods that the authors' package gives for a Dirichlet(1, 1, 1) and five
   * users: -6.4457198193855785 against -5.27460083993072. Their prior is ours for equal odds.
   */
  @Test
  void withEqualOddsItGivesThePublishedNumber() {
    var third = 1 / 3.0;
    var ratio = new SampleRatio(3, 3);

    for (var arm : new int[] {0, 1, 0, 1, 2}) {
      ratio.observe(arm, third, third, third);
    }

    assertThat(ratio.logE()).isCloseTo(-6.4457198193855785 - 5 * Math.log(third), within(1e-12));
  }

  @Test
  void usersOneByOneAreTheSameAsTogether() {
    var single = new SampleRatio(3);
    var together = new SampleRatio(3);
    var random = new SplittableRandom(1);
    var counts = new long[3];

    for (var i = 0; i < 500; i++) {
      var u = random.nextDouble();
      var arm = u < 0.4 ? 0 : u < 0.8 ? 1 : 2;
      counts[arm]++;
      single.observe(arm, INTENDED);
    }
    together.observeAll(counts, INTENDED);

    assertThat(single.logE()).isCloseTo(together.logE(), within(1e-8));
  }

  @Test
  void aSplitOfFiftyTwoToFortyEightIsFoundWithinTwentyThousandUsers() {
    assertThat(usersUntilAlarm(0.52, 2)).isLessThan(20_000);
  }

  @Test
  void aGrossMismatchIsFoundWithinThreeHundredUsers() {
    assertThat(usersUntilAlarm(0.7, 3)).isLessThan(300);
  }

  private static long usersUntilAlarm(double truth, long seed) {
    var ratio = new SampleRatio(2);
    var random = new SplittableRandom(seed);
    while (!ratio.alarm() && ratio.users() < 100_000) {
      ratio.observe(random.nextDouble() < truth ? 0 : 1, 0.5, 0.5);
    }
    return ratio.users();
  }

  @Test
  void aMismatchIsRememberedWhereProbabilitiesChangeWithEveryUser() {
    var ratio = new SampleRatio(2);
    var random = new SplittableRandom(4);

    while (!ratio.alarm() && ratio.users() < 10_000) {
      var p = 0.1 + 0.8 * random.nextDouble();
      // One in five users of the second arm is lost.
      var second = random.nextDouble() >= p;
      if (second && random.nextDouble() < 0.2) {
        continue;
      }
      ratio.observe(second ? 1 : 0, p, 1 - p);
    }

    assertThat(ratio.users()).isLessThan(5000);
  }

  @Test
  void itSoundsFalselyNoMoreOftenThanSaid() {
    var alarms = 0;
    for (var run = 0; run < 2000; run++) {
      var random = new SplittableRandom(100 + run);
      var ratio = new SampleRatio(3);
      for (var epoch = 0; epoch < 40; epoch++) {
        var p = 0.2 + 0.6 * random.nextDouble();
        var counts = new long[3];
        for (var i = 0; i < 50; i++) {
          counts[random.nextDouble() < p ? 0 : random.nextDouble() < 0.9 ? 1 : 2]++;
        }
        ratio.observeAll(counts, p, 0.9 * (1 - p), 0.1 * (1 - p));
      }
      alarms += ratio.pValue() <= 0.05 ? 1 : 0;
    }

    assertThat(alarms).as("of 2000 at 5 %").isLessThan(100 + 2 * 10);
  }

  @Test
  void aUserInAnArmThatWasSwitchedOffIsImpossible() {
    var ratio = new SampleRatio(3);

    ratio.observe(2, 0.5, 0.5, 0);

    assertThat(ratio.alarm()).isTrue();
    assertThat(ratio.pValue()).isZero();
  }

  @Test
  void anArmThatWasSwitchedOffDoesNoHarmToTheOthers() {
    var ratio = new SampleRatio(3);
    ratio.observeAll(new long[] {100, 100, 100}, 1 / 3.0, 1 / 3.0, 1 / 3.0);

    ratio.observeAll(new long[] {500, 500, 0}, 0.5, 0.5, 0);

    assertThat(ratio.pValue()).isEqualTo(1);
  }
}
