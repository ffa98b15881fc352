package dev.weir.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What an interval promises, held against days that its forecast never saw. The nominal coverage
 * must lie within or below the binomial interval (99 %) of what was counted; docs/forecast.md has
 * the figures of a larger run.
 */
class CoverageTest {
  private static final int SERIES = 120;
  private static final int KNOWN = 390;
  private static final int AHEAD = 15;
  private static final double Z99 = 2.576;

  @ParameterizedTest
  @EnumSource(Simulated.class)
  void intervalsHoldAsOftenAsTheySay(Simulated kind) {
    var run = Corpus.run(kind, KNOWN, AHEAD, SERIES, 0);

    assertThat(run.hit80().high(Z99)).as("80 %: " + run.hit80()).isGreaterThanOrEqualTo(0.80);
    assertThat(run.hit95().high(Z99)).as("95 %: " + run.hit95()).isGreaterThanOrEqualTo(0.95);
    // Nor so wide that they say nothing.
    assertThat(run.hit80().low(Z99)).as("80 %: " + run.hit80()).isLessThan(0.90);
  }

  @Test
  void thePlainBaselineIsBeatenOverTheCorpus() {
    var error = 0.0;
    var baseline = 0.0;
    for (var kind : Simulated.values()) {
      var run = Corpus.run(kind, KNOWN, AHEAD, 40, 0);
      error += run.error();
      baseline += run.baseline();
      // Where it is not beaten it is used, so little can be lost by it.
      assertThat(run.error()).as(kind.name()).isLessThan(1.15 * run.baseline());
    }

    assertThat(error).isLessThan(0.85 * baseline);
  }

  @Test
  void pooledIntervalsOfYoungSubjectsHoldAsOftenAsTheySay() {
    var pool =
        Pool.of(
                IntStream.range(0, 60)
                    .mapToObj(i -> Simulated.WEEKLY.series(150, 9_000 + i))
                    .toList())
            .orElseThrow();
    var hit80 = new Scores.Coverage(0, 0);
    var hit95 = new Scores.Coverage(0, 0);

    for (var i = 0; i < 200; i++) {
      var series = Simulated.WEEKLY.series(14 + AHEAD, i);
      var r =
          Forecaster.foresee(
              new Forecaster.Question(
                  Arrays.copyOf(series, 14), 1, AHEAD - 1, new double[0], pool));
      var truth = Arrays.stream(series, 14, 14 + AHEAD).sum();
      hit80 = hit80.plus(Corpus.hit(r, 0.80, truth));
      hit95 = hit95.plus(Corpus.hit(r, 0.95, truth));
    }

    assertThat(hit80.high(Z99)).as(hit80.toString()).isGreaterThanOrEqualTo(0.80);
    assertThat(hit95.high(Z99)).as(hit95.toString()).isGreaterThanOrEqualTo(0.95);
  }

  @Test
  void withoutBeingSpreadOutIntervalsOfLongMonthsWouldBeTooNarrow() {
    var narrow = new Scores.Coverage(0, 0);
    var wide = new Scores.Coverage(0, 0);
    for (var i = 0; i < 200; i++) {
      var series = Simulated.WANDERING.series(130, i);
      var known = Arrays.copyOf(series, 100);
      var q = new Forecaster.Question(known, 1, 29, new double[0], ErrorPaths.NONE);
      var chosen = Forecaster.choose(Forecaster.tests(known, 30));
      var truth = Arrays.stream(series, 100, 130).sum();
      var point = Arrays.stream(chosen.walk().ahead(100, 30)).sum();
      var scale = BackTest.scale(known, 100, false);
      var sums =
          Arrays.stream(chosen.errors().paths())
              .mapToDouble(p -> point + p[29] * scale)
              .sorted()
              .toArray();
      var low = ErrorPaths.quantile(sums, 0.1).orElseThrow();
      var high = ErrorPaths.quantile(sums, 0.9).orElseThrow();
      narrow = narrow.plus(new Scores.Coverage(low <= truth && truth <= high ? 1 : 0, 1));
      wide = wide.plus(Corpus.hit(Forecaster.foresee(q), 0.8, truth));
    }

    assertThat(narrow.high(Z99)).isLessThan(0.80);
    assertThat(wide.high(Z99)).isGreaterThanOrEqualTo(0.80);
  }
}
