package dev.weir.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScoresTest {
  @Test
  void maseIsTheErrorInUnitsOfTheNaiveOne() {
    // The naive error of one step over 2, 4, 3, 7 is (2 + 1 + 4) / 3; that of the forecast 3.5.
    assertThat(Scores.mase(new double[] {5, 8}, new double[] {7, 3}, new double[] {2, 4, 3, 7}, 1))
        .isCloseTo(3.5 / (7 / 3.0), within(1e-12));
    // Repeating the season exactly as it came is the scale itself.
    assertThat(Scores.mase(new double[] {3, 4}, new double[] {1, 2}, new double[] {1, 2, 3, 4}, 2))
        .isEqualTo(1);
    assertThat(Scores.mase(new double[] {1}, new double[] {1}, new double[] {5, 5, 5}, 1)).isNaN();
  }

  @Test
  void pinballCostsByTheSideOnWhichTheTruthFell() {
    assertThat(Scores.pinball(10, 8, 0.9)).isCloseTo(1.8, within(1e-12));
    assertThat(Scores.pinball(8, 10, 0.9)).isCloseTo(0.2, within(1e-12));
  }

  @Test
  void wilsonsIntervalIsThePublishedOne() {
    var eightOfTen = new Scores.Coverage(8, 10);

    assertThat(eightOfTen.low(1.96)).isCloseTo(0.4902, within(1e-4));
    assertThat(eightOfTen.high(1.96)).isCloseTo(0.9433, within(1e-4));
  }

  @Test
  void anIntervalOf95NeedsThirtyNineErrorsAndOneOf80Nine() {
    assertThat(ErrorPaths.quantile(numbers(38), 0.025)).isEmpty();
    assertThat(ErrorPaths.quantile(numbers(39), 0.025)).hasValue(1);
    assertThat(ErrorPaths.quantile(numbers(39), 0.975)).hasValue(39);
    assertThat(ErrorPaths.quantile(numbers(8), 0.1)).isEmpty();
    assertThat(ErrorPaths.quantile(numbers(9), 0.1)).hasValue(1);
    assertThat(ErrorPaths.quantile(numbers(9), 0.9)).hasValue(9);
    assertThat(ErrorPaths.quantile(numbers(10), 0.5)).hasValue(5.5);
  }

  @Test
  void errorsOfMorningsThatOverlapAreSpreadOut() {
    // Student's 97.5 % of 10 degrees of freedom is 2.228.
    assertThat(ErrorPaths.widening(300, 30)).isCloseTo(2.228 / 1.96, within(0.005));
    assertThat(ErrorPaths.widening(300, 1)).isCloseTo(1, within(0.01));
  }

  private static double[] numbers(int to) {
    return IntStream.rangeClosed(1, to).asDoubleStream().toArray();
  }
}
