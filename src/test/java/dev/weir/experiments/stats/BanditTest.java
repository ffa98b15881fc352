package dev.weir.experiments.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Posteriors, standings, weights, and what an arm is worth under weights that moved. */
class BanditTest {

  @Test
  void twoArmsStandAsTheNormalDistributionSays() {
    var standings =
        Standing.of(List.of(new Posterior(0.5, 0.03, 9), new Posterior(0.55, 0.04, 9)), true);

    // P(b > a) = Phi(d / s), E max(a - b, 0) = s phi(d / s) - d Phi(-d / s), d = 0.05 = s.
    assertThat(standings.get(1).probabilityToBeBest()).isCloseTo(0.8413447460685429, within(1e-9));
    assertThat(standings.get(1).expectedLoss())
        .isCloseTo(0.05 * (0.24197072451914337 - 0.15865525393145707), within(1e-9));
    assertThat(standings.get(0).expectedLoss() - standings.get(1).expectedLoss())
        .isCloseTo(0.05, within(1e-9));
    assertThat(standings.get(0).validity()).isEqualTo(Validity.UNPROTECTED);
  }

  /** The largest of three standard normals has the mean 3 / (2 sqrt(pi)). */
  @Test
  void threeEqualArmsShareTheChancesAndLoseWhatTablesSay() {
    var arm = new Posterior(0.7, 0.01, 100);

    for (var standing : Standing.of(List.of(arm, arm, arm), true)) {
      assertThat(standing.probabilityToBeBest()).isCloseTo(1 / 3.0, within(1e-9));
      assertThat(standing.expectedLoss()).isCloseTo(0.01 * 0.8462843753216345, within(1e-9));
    }
  }

  @Test
  void whereLessIsBetterTheCheapestIsBest() {
    var standings = Standing.of(List.of(new Posterior(2, 0.1, 9), new Posterior(1, 0.1, 9)), false);

    assertThat(standings.get(1).probabilityToBeBest()).isGreaterThan(0.999);
    assertThat(standings.get(0).expectedLoss()).isCloseTo(1, within(1e-3));
  }

  @Test
  void armsOfVeryDifferentWidthAreIntegratedFinelyEnough() {
    var standings =
        Standing.of(List.of(new Posterior(0.5, 0.3, 1), new Posterior(0.5, 0.0005, 1)), true);

    assertThat(standings.get(0).probabilityToBeBest()).isCloseTo(0.5, within(1e-6));
    assertThat(standings.get(1).probabilityToBeBest()).isCloseTo(0.5, within(1e-6));
  }

  @Test
  void theUniformPriorStandsForTwoUsers() {
    var nothing = Posterior.ofShares(0, 0, 0);
    var yesNo = Posterior.ofShares(10, 7, 7);

    assertThat(nothing.mean()).isEqualTo(0.5);
    assertThat(nothing.sd()).isCloseTo(Math.sqrt(1 / 12.0), within(1e-12));
    // Beta(8, 4): mean 2/3, variance 8 * 4 / (144 * 13).
    assertThat(yesNo.mean()).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(yesNo.sd()).isCloseTo(Math.sqrt(32.0 / (144 * 13)), within(1e-12));
  }

  @Test
  void oldEpochsAreForgottenByTheirAge() {
    var bad = new RatioSums(100, 10, 100, 10, 100, 10);
    var good = new RatioSums(100, 90, 100, 90, 100, 90);

    assertThat(alone(1, bad, good).mean()).isCloseTo(0.5, within(1e-9));
    assertThat(alone(0.1, bad, good).mean()).isGreaterThan(0.8);
  }

  private static Posterior alone(double discount, RatioSums... oldestFirst) {
    return Posteriors.of(
            1,
            Arrays.stream(oldestFirst)
                .map(sums -> new Posteriors.Epoch(List.of(sums), List.of(1.0)))
                .toList(),
            discount)
        .getFirst();
  }

  @Test
  void ofUsersWhoCameUnderTheSameWeightsItIsThePosteriorOfTheirSums() {
    var arms = List.of(new RatioSums(500, 300, 500, 300, 500, 300), shares(500, 340));

    var both = Posteriors.of(2, List.of(new Posteriors.Epoch(arms, List.of(0.5, 0.5))), 1);

    for (var arm = 0; arm < 2; arm++) {
      var own = Posterior.ofShares(500, arms.get(arm).top(), arms.get(arm).topSquared());
      assertThat(both.get(arm).mean()).isCloseTo(own.mean(), within(1e-9));
      assertThat(both.get(arm).sd() / own.sd()).isBetween(0.99, 1.01);
      assertThat(both.get(arm).users()).isEqualTo(500);
    }
  }

  /** The weights go from 9 : 1 to 1 : 9 while everybody gets worse. */
  @Test
  void equalArmsStandEquallyWhateverTheWeightsAndTheUsersDid() {
    var epochs =
        List.of(
            new Posteriors.Epoch(List.of(shares(900, 810), shares(100, 90)), List.of(0.9, 0.1)),
            new Posteriors.Epoch(List.of(shares(100, 40), shares(900, 360)), List.of(0.1, 0.9)));

    var standings = Standing.of(Posteriors.of(2, epochs, 1), true);

    assertThat(standings.get(0).probabilityToBeBest()).isCloseTo(0.5, within(1e-6));
    assertThat(standings.get(0).expectedLoss())
        .isCloseTo(standings.get(1).expectedLoss(), within(1e-6));
  }

  @Test
  void theBetterArmIsTheBetterOneInEachEpochWhateverTheSumsSay() {
    var epochs =
        List.of(
            new Posteriors.Epoch(List.of(shares(900, 810), shares(100, 97)), List.of(0.9, 0.1)),
            new Posteriors.Epoch(List.of(shares(100, 30), shares(900, 414)), List.of(0.1, 0.9)));

    var standings = Standing.of(Posteriors.of(2, epochs, 1), true);

    assertThat(standings.get(1).probabilityToBeBest()).isGreaterThan(0.99);
  }

  @Test
  void anEpochInWhichAnArmWasOffTellsNothingOfAll() {
    var first = new Posteriors.Epoch(List.of(shares(900, 810), shares(0, 0)), List.of(1.0, 0.0));

    for (var posterior : Posteriors.of(2, List.of(first), 1)) {
      assertThat(posterior).isEqualTo(Posterior.ofShares(0, 0, 0));
    }
  }

  private static RatioSums shares(long users, double good) {
    return new RatioSums(users, good, users, good, users, good);
  }

  @Test
  void weightsFollowTheChancesAboveTheFloor() {
    var arms = List.of(new Posterior(0.5, 0.01, 9), new Posterior(0.6, 0.01, 9));

    var weights = Thompson.weights(arms, true, 0.05);

    assertThat(Arrays.stream(weights).sum()).isCloseTo(1, within(1e-12));
    assertThat(weights[0]).isCloseTo(0.05, within(1e-6));
    assertThatThrownBy(() -> Thompson.weights(arms, true, 0.01))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Thompson.weights(arms, true, 0.6))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** All ways in which five users may come to an arm, under two different probabilities. */
  @Test
  void theEvidenceAgainstAnArmsValueNeverExceedsOneOnAverage() {
    var sum = 0.0;
    for (var path = 0; path < 1024; path++) {
      var value = new ArmValue(0.05, 20, 0.2);
      var chance = 1.0;
      for (var u = 0; u < 5; u++) {
        var p = u < 2 ? 0.2 : 0.7;
        var mine = (path >> (2 * u) & 1) == 1;
        var y = path >> (2 * u + 1) & 1;
        chance *= (mine ? p : 1 - p) * (y == 1 ? 0.3 : 0.7);
        value.observe(mine, y, p);
      }
      sum += chance * Math.exp(value.logE(0.3));
    }

    assertThat(sum).isLessThanOrEqualTo(1 + 1e-9);
  }

  @Test
  void anArmsValueIsRightWhereItsMeanIsNot() {
    var value = new ArmValue(0.05, 20_000, 0.1);
    var random = new SplittableRandom(8);
    var raw = RatioSums.NONE;
    for (var u = 0; u < 20_000; u++) {
      // Users get better, and the arm gets more of them.
      var late = u >= 10_000;
      var p = late ? 0.9 : 0.1;
      var y = random.nextDouble() < (late ? 0.8 : 0.4) ? 1 : 0;
      var mine = random.nextDouble() < p;
      value.observe(mine, y, p);
      raw = mine ? raw.with(y, 1) : raw;
    }

    assertThat(raw.ratio()).isGreaterThan(0.72);
    assertThat(value.estimate().excludes(0.6)).isFalse();
    assertThat(value.estimate().value()).isCloseTo(0.6, within(0.03));
    assertThat(value.estimate().excludes(raw.ratio())).isTrue();
  }
}
