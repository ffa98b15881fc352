package dev.weir.experiments.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Users and days before the start. */
class SampleSizeTest {
  private static final SampleSize.Aim AIM = new SampleSize.Aim(0.05, 0.05, 0.8, 0.5, 0.5);

  /** A fixed test needs 4 v (1.96 + 0.84)^2 / d^2 users at least; peeking costs some more. */
  @Test
  void peekingCostsUsersButNotTooMany() {
    var size = SampleSize.forShares(AIM, 0.8, 0.16);

    assertThat(size.users()).isBetween(2009L, 2 * 2009L);
    assertThat(size.medianUsers()).isLessThan(size.users());
    assertThat(size.usersPerArm()).isEqualTo((size.users() + 1) / 2);
  }

  @Test
  void aSmallerEffectNeedsMoreUsersAboutByTheSquare() {
    var half = new SampleSize.Aim(0.025, 0.05, 0.8, 0.5, 0.5);

    var ratio =
        (double) SampleSize.forShares(half, 0.8, 0.16).users()
            / SampleSize.forShares(AIM, 0.8, 0.16).users();

    assertThat(ratio).isBetween(3.5, 4.2);
  }

  @Test
  void unequalSharesAndMoreArmsNeedMoreUsers() {
    var even = SampleSize.forShares(AIM, 0.8, 0.1).users();
    var uneven = new SampleSize.Aim(0.05, 0.05, 0.8, 0.9, 0.1);
    var four = new SampleSize.Aim(0.05, Alpha.perComparison(0.05, 4), 0.8, 0.25, 0.25);

    assertThat(SampleSize.forShares(uneven, 0.8, 0.1).users()).isGreaterThan(2 * even);
    assertThat(SampleSize.forShares(four, 0.8, 0.1).users()).isGreaterThan(2 * even);
  }

  @Test
  void aRatioIsNeverPlannedBelowWhatItsTestWaitsFor() {
    var history = RatioSums.NONE;
    for (var u = 0; u < 100; u++) {
      history = history.with(u % 2, 1);
    }
    var huge = new SampleSize.Aim(10, 0.05, 0.8, 0.5, 0.5);

    assertThat(SampleSize.forRatio(huge, history).usersPerArm()).isGreaterThanOrEqualTo(50);
    assertThat(SampleSize.forRatio(huge, history.with(5000, 10_000)).users()).isGreaterThan(1000);
  }

  @Test
  void daysCountTheUsersWhoAreNewAndTheLastWindow() {
    var size = new SampleSize(1000, 500, 600);

    assertThat(size.days(new double[] {500, 300, 200, 100}, 7)).isEqualTo(3 + 7);
    assertThat(size.days(new double[] {100}, 7)).isEqualTo(10 + 7);
    assertThat(size.days(new double[] {500, 0}, 7)).isEqualTo(Long.MAX_VALUE);
    assertThat(size.days(new double[0], 7)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whatCannotBeFoundIsSaidToBeInfeasible() {
    var nothing = new SampleSize.Aim(1e-9, 0.05, 0.8, 0.5, 0.5);

    assertThat(SampleSize.forShares(nothing, 0.5, 0.2).users()).isEqualTo(Long.MAX_VALUE);
    assertThatThrownBy(() -> new SampleSize.Aim(0, 0.05, 0.8, 0.5, 0.5))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
