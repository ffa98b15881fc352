package dev.weir.experiments.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * The mixtures against the reference values that their authors publish with the confseq package
 * (which took them from a third implementation).
 */
class MixturesTest {
  private static final Offset<Double> CLOSE = within(1e-5);

  @Test
  void theNormalMixtureIsThePublishedOne() {
    assertThat(NormalMixture.bestRho(100, 0.05)).isCloseTo(12.60056, CLOSE);

    var mixture = NormalMixture.tunedTo(100, 0.05);

    assertThat(mixture.logE(10, 100)).isCloseTo(-0.6510052, CLOSE);
    assertThat(mixture.bound(100, 0.05)).isCloseTo(30.35209, CLOSE);
  }

  @Test
  void theOneSidedNormalMixtureIsThePublishedOne() {
    var mixture = NormalMixture.tunedTo(100, 2 * 0.05);

    assertThat(mixture.logEAbove(10, 100)).isCloseTo(-0.06502391, CLOSE);
    assertThat(mixture.boundAbove(100, 0.05)).isCloseTo(27.66071, CLOSE);
  }

  @Test
  void theGammaExponentialMixtureIsThePublishedOne() {
    var mixture = new GammaExponential(100, 0.05, 2);

    assertThat(mixture.logE(10, 100)).isCloseTo(-0.2490165, CLOSE);
    assertThat(mixture.bound(100, 0.05)).isCloseTo(33.02017, CLOSE);
  }

  @Test
  void theBetaBinomialMixtureIsThePublishedOne() {
    // g = 0.2, h = 0.8, v = 100: 625 events of probability 0.2, and a sum of 10 above their mean.
    var mixture = new BetaBinomial(0.2, 625, 0.05);

    assertThat(mixture.logE(135, 625)).isCloseTo(-0.6941012, CLOSE);
    assertThat(mixture.logE(125 + 31.4308, 625)).isCloseTo(Math.log(20), within(1e-4));
  }

  @Test
  void theBetaBinomialMixtureIsAMartingale() {
    var mixture = new BetaBinomial(0.3, 50, 0.05);
    var n = 12;
    var expected = 0.0;
    var probability = Math.pow(0.7, n);

    for (var k = 0; k <= n; k++) {
      expected += probability * Math.exp(mixture.logE(k, n));
      probability *= (n - k) / (k + 1.0) * 0.3 / 0.7;
    }

    assertThat(expected).isCloseTo(1, within(1e-10));
  }

  @Test
  void evidenceGrowsWithTheSumAlsoFarOutInTheTails() {
    var mixture = new GammaExponential(100, 0.025, 1);
    var last = Double.NEGATIVE_INFINITY;

    for (var s = -500.0; s < 50_000; s += 97) {
      var log = mixture.logE(s, 400);
      assertThat(log).isNotNaN().isGreaterThanOrEqualTo(last).isLessThan(1e6);
      last = log;
    }
  }

  @Test
  void aMillionUsersDoNotOverflow() {
    var mixture = new GammaExponential(1000, 0.025, 1);

    assertThat(mixture.bound(1e7, 0.025)).isBetween(1e4, 2e4);
  }

  @Test
  void theNormalDistributionKeepsItsTails() {
    assertThat(Normal.cdf(1.959963984540054)).isCloseTo(0.975, within(1e-12));
    assertThat(Normal.quantile(0.8)).isCloseTo(0.8416212335729143, within(1e-12));
    assertThat(Normal.logCdf(-40)).isCloseTo(-804.608442, CLOSE);
    assertThat(Normal.logCdf(3)).isCloseTo(Math.log(Normal.cdf(3)), within(1e-15));
  }
}
