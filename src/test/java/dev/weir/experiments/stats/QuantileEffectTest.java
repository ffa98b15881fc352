package dev.weir.experiments.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Quantiles of sketched latencies. */
class QuantileEffectTest {

  @Test
  void aSketchKnowsItsValuesToTheRelativeError() {
    var sketch = sketch(latencies(1, 1000, 1));

    for (var rank = 1; rank <= 1000; rank += 37) {
      var sorted = latencies(1, 1000, 1);
      Arrays.sort(sorted);
      var value = Sketch.middle(sketch.bucketOf(rank));
      assertThat(value / sorted[rank - 1]).isBetween(0.9899, 1.0101);
    }
    assertThat(sketch.count()).isEqualTo(1000);
  }

  @Test
  void bucketsMayComeInAnyOrderAndTwice() {
    var sketch = new Sketch(new int[] {300, 250, 300}, new long[] {2, 5, 1});

    assertThat(sketch.count()).isEqualTo(8);
    assertThat(sketch.upTo(249)).isZero();
    assertThat(sketch.upTo(250)).isEqualTo(5);
    assertThat(sketch.upTo(9999)).isEqualTo(8);
    assertThat(sketch.bucketOf(5)).isEqualTo(250);
    assertThat(sketch.bucketOf(6)).isEqualTo(300);
  }

  /**
   * Of 1000 values 928 to 969 may lie at or below the 95 % quantile (reckoned apart with scipy's
   * beta function), so it lies between the 928th and the 970th.
   */
  @Test
  void theIntervalRunsBetweenTheRightOrderStatistics() {
    var effect = new QuantileEffect(0.95, 0.05, 500);
    // One value per bucket: the order statistics are the buckets.
    var sketch = new Sketch(range(1000), ones(1000));

    var estimate = effect.of(sketch);

    assertThat(estimate.lower()).isCloseTo(Sketch.edge(928 - 1), within(1e-6));
    assertThat(estimate.upper()).isCloseTo(Sketch.edge(970), within(1e-6));
    assertThat(estimate.value()).isCloseTo(Sketch.middle(950), within(1e-6));
  }

  private static int[] range(int n) {
    var index = new int[n];
    Arrays.setAll(index, i -> i + 1);
    return index;
  }

  private static long[] ones(int n) {
    var ones = new long[n];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Test
  void aSlowerArmIsFoundAndByHowMuch() {
    var effect = new QuantileEffect(0.95, 0.05, 3000);
    var control = sketch(latencies(2, 3000, 1));
    var treated = sketch(latencies(3, 3000, 1.5));

    var estimate = effect.difference(control, treated);

    // The 95 % quantile of the log-normal, and half of it.
    assertThat(estimate.significant()).isTrue();
    assertThat(estimate.lower()).isPositive();
    assertThat(estimate.excludes(0.5 * 800 * Math.exp(0.6 * 1.6448536))).isFalse();
    assertThat(estimate.validity()).isEqualTo(Validity.ANYTIME);
  }

  @Test
  void equalArmsAreNotToldApart() {
    var effect = new QuantileEffect(0.5, 0.05, 1000);

    for (var seed = 10; seed < 40; seed += 2) {
      var estimate =
          effect.difference(sketch(latencies(seed, 1000, 1)), sketch(latencies(seed + 1, 1000, 1)));
      assertThat(estimate.excludes(0)).isFalse();
      assertThat(estimate.pValue()).isGreaterThan(0.01);
    }
  }

  @Test
  void ofNothingNothingIsKnown() {
    var effect = new QuantileEffect(0.5, 0.05, 1000);
    var empty = new Sketch(new int[0], new long[0]);

    assertThat(effect.of(empty).upper()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(effect.difference(empty, empty).pValue()).isEqualTo(1);
    assertThat(effect.of(sketch(100, 200)).upper()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(effect.of(sketch(100, 200)).lower()).isZero();
  }

  /** Weights go from 9 : 1 to 1 : 9 while everybody gets four times as fast. */
  @Test
  void equalArmsAreNotToldApartWhereWeightsAndTimesChange() {
    var effect = new QuantileEffect(0.95, 0.05, 1000);
    for (var seed = 10; seed < 40; seed += 4) {
      var slow = stretch(seed, 1800, 200, 2.5, 1);
      var fast = stretch(seed + 2, 200, 1800, 0.6, 1);

      for (var rule : EpochRule.values()) {
        var estimate = effect.difference(List.of(slow, fast), rule);
        assertThat(estimate.excludes(0)).isFalse();
        assertThat(estimate.pValue()).isGreaterThan(0.01);
        assertThat(estimate.lower()).isFinite();
        assertThat(estimate.upper()).isFinite();
        assertThat(estimate.users()).isEqualTo(4000);
      }
    }
  }

  @Test
  void aSlowerArmIsFoundWithinItsStretches() {
    var effect = new QuantileEffect(0.95, 0.05, 3000);
    var before = stretch(2, 3000, 1500, 1, 1.5);
    var after = stretch(4, 1500, 3000, 0.5, 1.5);

    var estimate = effect.difference(List.of(before, after), EpochRule.BY_USERS);

    // Half the 95 % quantile of the log-normal, at its level of either time.
    var slower = 0.5 * 800 * Math.exp(0.6 * 1.6448536) * 0.75;
    assertThat(estimate.significant()).isTrue();
    assertThat(estimate.lower()).isPositive();
    assertThat(estimate.excludes(slower)).isFalse();
    assertThat(estimate.value()).isCloseTo(slower, within(0.25 * slower));
  }

  @Test
  void aStretchThatSaysNothingYetIsLeftOut() {
    var effect = new QuantileEffect(0.95, 0.05, 3000);
    var whole = stretch(2, 3000, 3000, 1, 1.5);
    var alone = effect.difference(List.of(whole), EpochRule.BY_USERS);

    var both = effect.difference(List.of(whole, stretch(4, 3, 1, 1, 1)), EpochRule.BY_USERS);

    assertThat(both.lower()).isEqualTo(alone.lower());
    assertThat(both.upper()).isEqualTo(alone.upper());
    var nothing = effect.difference(List.of(), EpochRule.BY_USERS);
    assertThat(nothing.pValue()).isEqualTo(1);
    assertThat(nothing.value()).isNaN();
  }

  private static QuantileEffect.Stretch stretch(
      long seed, int control, int treated, double level, double factor) {
    var users = (double) control + treated;
    return new QuantileEffect.Stretch(
        sketch(latencies(seed, control, level)),
        sketch(latencies(seed + 1, treated, level * factor)),
        control / users,
        treated / users);
  }

  private static double[] latencies(long seed, int n, double factor) {
    var random = new SplittableRandom(seed);
    var values = new double[n];
    Arrays.setAll(values, i -> factor * 800 * Math.exp(0.6 * random.nextGaussian()));
    return values;
  }

  private static Sketch sketch(double... values) {
    return new Sketch(
        Arrays.stream(values).mapToInt(Sketch::bucket).toArray(), ones(values.length));
  }
}
