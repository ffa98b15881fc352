package dev.weir.experiments.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Means by betting. */
class PairedMeanTest {

  /** The hedged capital process of the paper, reckoned apart (numpy and scipy's root finder). */
  @Test
  void theIntervalIsThatOfTheHedgedCapitalProcess() {
    var estimate = golden(0).estimate(0.5);

    assertThat(estimate.value()).isCloseTo(0.33332842656523726, within(1e-12));
    assertThat(estimate.lower()).isCloseTo(0.24853502220262583, within(1e-9));
    assertThat(estimate.upper()).isCloseTo(0.4221434901346118, within(1e-9));
    assertThat(Math.log(estimate.pValue())).isCloseTo(-8.312578301385393, within(1e-9));
  }

  @Test
  void itIsTighterAtTheEndThatWasForeseen() {
    var estimate = golden(100).estimate(0.5);

    assertThat(estimate.lower()).isCloseTo(0.25735430722547525, within(1e-9));
    assertThat(estimate.upper()).isCloseTo(0.4182757642029521, within(1e-9));
    assertThat(Math.log(estimate.pValue())).isCloseTo(-10.121784964251527, within(1e-9));
  }

  private static BettingMean golden(long expected) {
    var mean = new BettingMean(0.05, expected);
    for (var i = 1; i <= 100; i++) {
      var x = i * 0.6180339887498949 % 1;
      mean.observe(x * x);
    }
    return mean;
  }

  /** Over all sequences of ten coins: both capitals are martingales, to the last bit. */
  @Test
  void theCapitalOfWhoBetsAgainstTheTruthStaysOneOnAverage() {
    for (var p : new double[] {0.5, 0.1, 0.93}) {
      var above = 0.0;
      var below = 0.0;
      for (var path = 0; path < 1024; path++) {
        var mean = new BettingMean(0.05, 0);
        var chance = 1.0;
        for (var i = 0; i < 10; i++) {
          var x = path >> i & 1;
          chance *= x == 1 ? p : 1 - p;
          mean.observe(x);
        }
        above += chance * Math.exp(mean.logAbove(p));
        below += chance * Math.exp(mean.logBelow(p));
      }
      assertThat(above).isCloseTo(1, within(1e-9));
      assertThat(below).isCloseTo(1, within(1e-9));
    }
  }

  @Test
  void aBetterCandidateIsFoundAndItsLeadCovered() {
    var paired = new PairedMean(0.05, 60);
    for (var i = 0; i < 60; i++) {
      paired.observe(i % 4 == 0 ? 1 : 0.4, 0.9);
    }

    var estimate = paired.estimate();

    assertThat(estimate.significant()).isTrue();
    assertThat(estimate.value()).isCloseTo(0.35, within(1e-9));
    assertThat(estimate.lower()).isPositive();
    assertThat(estimate.excludes(0.35)).isFalse();
  }

  @Test
  void equalScoresThroughoutLeaveZeroInside() {
    var paired = new PairedMean(0.05, 200);
    for (var i = 0; i < 200; i++) {
      paired.observe(1, 1);
    }

    assertThat(paired.estimate().excludes(0)).isFalse();
    assertThat(paired.estimate().width()).isLessThan(0.2);
  }

  @Test
  void extremesAreNoTrouble() {
    var ones = new BettingMean(0.05, 0);
    for (var i = 0; i < 50; i++) {
      ones.observe(1);
    }

    assertThat(ones.estimate(0.5).upper()).isEqualTo(1);
    assertThat(ones.estimate(0.5).lower()).isBetween(0.8, 1.0);
    assertThat(ones.estimate(0).pValue()).isZero();
  }

  @Test
  void withoutItemsNothingIsKnown() {
    var estimate = new PairedMean(0.05, 10).estimate();

    assertThat(estimate.lower()).isEqualTo(-1);
    assertThat(estimate.upper()).isEqualTo(1);
    assertThat(estimate.pValue()).isEqualTo(1);
  }

  @Test
  void scoresOutOfRangeAreRefused() {
    var paired = new PairedMean(0.05, 10);

    assertThatThrownBy(() -> paired.observe(0.5, 1.2)).isInstanceOf(IllegalArgumentException.class);
  }
}
