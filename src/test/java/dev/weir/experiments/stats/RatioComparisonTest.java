package dev.weir.experiments.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Ratios of sums over users. */
class RatioComparisonTest {

  /** Reckoned apart, from the covariance matrix of ten users (numpy). */
  @Test
  void theVarianceIsThatOfTheDeltaMethodWithCovariance() {
    var top = new double[] {1, 3, 0, 7, 2, 5, 9, 4, 6, 1};
    var bottom = new double[] {2, 4, 1, 9, 2, 8, 10, 6, 6, 3};
    var sums = RatioSums.NONE;
    for (var i = 0; i < top.length; i++) {
      sums = sums.with(top[i], bottom[i]);
    }

    assertThat(sums.ratio()).isCloseTo(0.7450980392156863, within(1e-15));
    assertThat(sums.variance()).isCloseTo(0.0036530079938989755, within(1e-15));
  }

  @Test
  void sumsOfPartsAreTheSumsOfTheWhole() {
    var one = RatioSums.NONE.with(1, 2).with(3, 4);
    var other = RatioSums.NONE.with(5, 6);

    assertThat(one.plus(other)).isEqualTo(RatioSums.NONE.with(1, 2).with(3, 4).with(5, 6));
  }

  @Test
  void equalUsersCountInFullAndOneLargeOneAsOne() {
    var equal = RatioSums.NONE;
    for (var i = 0; i < 100; i++) {
      equal = equal.with(1, 2);
    }

    assertThat(equal.effectiveUsers()).isCloseTo(100, within(1e-9));
    assertThat(equal.with(1e6, 2e6).effectiveUsers()).isCloseTo(1, within(0.01));
    assertThat(RatioSums.NONE.effectiveUsers()).isZero();
  }

  @Test
  void nothingIsConcludedFromFewUsersOrFromOneLargeOne() {
    var few = users(40, 0.5, 1);
    var many = users(500, 0.9, 2);
    var one = users(500, 0.1, 3).with(0, 100_000);

    assertThat(RatioComparison.difference(few, many, 0.05, 1000).pValue()).isEqualTo(1);
    assertThat(RatioComparison.difference(one, many, 0.05, 1000).pValue()).isEqualTo(1);
    assertThat(RatioComparison.difference(one, many, 0.05, 1000).upper())
        .isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void aDifferenceIsFoundCoveredAndMarkedAsAsymptotic() {
    var estimate = RatioComparison.difference(users(2000, 0.6, 4), users(2000, 0.7, 5), 0.05, 4000);

    assertThat(estimate.significant()).isTrue();
    assertThat(estimate.excludes(0.1)).isFalse();
    assertThat(estimate.validity()).isEqualTo(Validity.ANYTIME_ASYMPTOTIC);
    assertThat(estimate.users()).isEqualTo(4000);
  }

  @Test
  void thePValueIsBelowAlphaExactlyWhenZeroIsOutside() {
    for (var seed = 0; seed < 200; seed++) {
      var estimate =
          RatioComparison.difference(
              users(200, 0.5, seed), users(150, 0.58, seed + 1000), 0.05, 400);
      assertThat(estimate.significant()).isEqualTo(estimate.excludes(0));
    }
  }

  @Test
  void theEndsAreThoseWhoseOwnScoreIsJustOnTheBound() {
    var epoch = new RatioComparison.Epoch(users(300, 0.5, 1), users(500, 0.6, 2), 0.4, 0.6);
    var contrast = Contrast.of(List.of(epoch), EpochRule.BY_INFORMATION, 1);

    var ends = contrast.solve(9);

    assertThat(contrast.z(ends[0])).isCloseTo(3, within(1e-9));
    assertThat(contrast.z(ends[1])).isCloseTo(-3, within(1e-9));
  }

  @Test
  void unitsOfMeasurementDoNotMatter() {
    var dollars = RatioComparison.difference(users(300, 0.5, 1), users(300, 0.6, 2), 0.05, 600);
    var nanos =
        RatioComparison.difference(
            scaled(users(300, 0.5, 1)), scaled(users(300, 0.6, 2)), 0.05, 600);

    assertThat(nanos.pValue()).isCloseTo(dollars.pValue(), within(1e-9));
    assertThat(nanos.lower() / 1e9).isCloseTo(dollars.lower(), within(1e-9));
  }

  @Test
  void epochsAreComparedEachWithItself() {
    // Both arms are equal within each epoch; pooled, the treated arm would look far better.
    var first = new RatioComparison.Epoch(users(1600, 0.3, 1), users(400, 0.3, 2), 0.8, 0.2);
    var second = new RatioComparison.Epoch(users(400, 0.9, 3), users(1600, 0.9, 4), 0.2, 0.8);

    var estimate =
        RatioComparison.difference(List.of(first, second), EpochRule.BY_USERS, 0.05, 4000);

    assertThat(estimate.significant()).isFalse();
    assertThat(estimate.value()).isCloseTo(0, within(0.03));
  }

  @Test
  void beyondAMultipleLooksAtOneSideOnly() {
    var cheap = users(1000, 0.3, 1);
    var dear = users(1000, 0.6, 2);

    assertThat(beyond(cheap, dear).significant()).isTrue();
    assertThat(beyond(dear, cheap).significant()).isFalse();
    assertThat(beyond(dear, cheap).upper()).isNegative();
    assertThat(beyond(cheap, users(1000, 0.32, 3)).significant()).isFalse();
  }

  private static Estimate beyond(RatioSums control, RatioSums treated) {
    return RatioComparison.beyond(
        List.of(new RatioComparison.Epoch(control, treated, 0.5, 0.5)),
        EpochRule.BY_INFORMATION,
        0.01,
        2000,
        1.1);
  }

  private static RatioSums users(int n, double rate, long seed) {
    var random = new SplittableRandom(seed);
    var sums = RatioSums.NONE;
    for (var u = 0; u < n; u++) {
      var calls = 1 + random.nextInt(10);
      var good = 0;
      for (var c = 0; c < calls; c++) {
        good += random.nextDouble() < rate ? 1 : 0;
      }
      sums = sums.with(good, calls);
    }
    return sums;
  }

  private static RatioSums scaled(RatioSums s) {
    return new RatioSums(
        s.users(),
        s.top() * 1e9,
        s.bottom(),
        s.topSquared() * 1e18,
        s.bottomSquared(),
        s.product() * 1e9);
  }
}
