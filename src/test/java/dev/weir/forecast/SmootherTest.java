package dev.weir.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SmootherTest {
  /** Australian air passengers in millions, 1990 to 2016, of Hyndman and Athanasopoulos. */
  private static final double[] PASSENGERS = {
    17.5534,
    21.8601,
    23.8866,
    26.9293,
    26.8885,
    28.8314,
    30.0751,
    30.9535,
    30.1857,
    31.5797,
    32.577569,
    33.477398,
    39.021581,
    41.386432,
    41.596552,
    44.657324,
    46.951775,
    48.728837,
    51.488427,
    50.026967,
    60.640913,
    63.3603103378,
    66.355274,
    68.197955,
    68.1232376693,
    69.7793454797,
    72.597700806
  };

  @Test
  void forecastsAsTheBookDoes() {
    var smoother =
        new Smoother(
            new Smoother.Weights(0.830216559778346, 0.000100014855685128 / 0.830216559778346, 0, 1),
            15.5715222051655,
            2.10171710376136,
            new double[1]);

    for (var value : PASSENGERS) {
      smoother.learn(0, value);
    }

    assertThat(smoother.ahead(0, 5))
        .containsExactly(
            new double[] {74.6013036, 76.7030433, 78.8047830, 80.9065226, 83.0082623},
            within(0.001));
  }

  @Test
  void aDampedTrendEndsSomewhere() {
    var smoother = new Smoother(new Smoother.Weights(0.5, 0.5, 0, 0.5), 10, 4, new double[1]);

    // 10 + 4 (0.5 + 0.25 + ...) is 14 in the end.
    assertThat(smoother.ahead(0, 40)[0]).isEqualTo(12);
    assertThat(smoother.ahead(0, 40)[39]).isCloseTo(14, within(1e-6));
  }

  @Test
  void theWeekReturnsAndNothingIsBelowZero() {
    var smoother =
        new Smoother(
            new Smoother.Weights(0.1, 0, 0.1, 1), 2, 0, new double[] {1, 1, 1, 1, 1, -2.5, -2.5});

    assertThat(smoother.ahead(4, 5)).containsExactly(3, 0, 0, 3, 3);
  }

  @Test
  void noMorningKnowsWhatCameAfterIt() {
    var known = Simulated.WEEKLY.series(120, 1);
    var longer = java.util.Arrays.copyOf(known, 200);
    java.util.Arrays.fill(longer, 120, 200, 1_000);

    assertThat(new HoltWinters(longer).ahead(120, 10))
        .containsExactly(new HoltWinters(known).ahead(120, 10));
    assertThat(new ZeroInflated(longer).ahead(120, 10))
        .containsExactly(new ZeroInflated(known).ahead(120, 10));
  }
}
