package dev.weir.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ForecasterTest {
  private static final double[] NO_CHANGE = {};

  @Test
  void aMethodThatDoesNotBeatTheBaselineIsNotUsed() {
    // A week that repeats exactly: the baseline is right to the cent.
    var exact = IntStream.range(0, 200).mapToDouble(t -> 1 + t % 7 + (t % 7) * (t % 7)).toArray();

    assertThat(foresee(exact, 1, 9).method()).isEqualTo(Method.SEASONAL_NAIVE);
  }

  @Test
  void noiseAroundAWeekIsSmoothedAndBeatsTheBaseline() {
    var r = foresee(Simulated.WEEKLY.series(200, 3), 1, 19);

    assertThat(r.method()).isEqualTo(Method.HOLT_WINTERS);
    assertThat(r.quality().error()).isLessThan(r.quality().baselineError());
    assertThat(r.quality().mase()).isLessThan(r.quality().baselineMase());
  }

  @Test
  void spendOnFewDaysIsForeseenByChanceAndSize() {
    assertThat(foresee(Simulated.INTERMITTENT.series(300, 5), 1, 19).method())
        .isEqualTo(Method.ZERO_INFLATED);
  }

  @Test
  void aTrendGoesOn() {
    var growing = IntStream.range(0, 200).mapToDouble(t -> 100 + t).toArray();

    // The next thirty days of 100 + t are 9,435 in all, the last week over and over is 8,880.
    assertThat(foresee(growing, 1, 29).expected()).isBetween(9_200.0, 9_600.0);
  }

  @Test
  void todayCountsForThePartOfItThatIsLeft() {
    var flat = constant(100, 7);

    assertThat(foresee(flat, 1, 4).expected()).isCloseTo(35, within(1e-9));
    assertThat(foresee(flat, 0.25, 4).expected()).isCloseTo(4 * 7 + 7 * 0.25, within(1e-9));
  }

  @Test
  void theIntervalClosesWithTheMonth() {
    var series = Simulated.WEEKLY.series(200, 7);
    var before = Double.POSITIVE_INFINITY;

    for (var left : new double[] {29, 14, 5, 1, 0.5, 0.1, 0.001, 0}) {
      var whole = (int) Math.floor(left);
      var r = whole >= 1 ? foresee(series, 1, whole) : foresee(series, left, 0);
      var width = r.quantile(0.975).orElseThrow() - r.quantile(0.025).orElseThrow();

      assertThat(width).as("with " + left + " days to go").isLessThan(before);
      before = width;
    }
    assertThat(before).isZero();
  }

  @Test
  void tooFewErrorsMakeNoInterval() {
    // 28 days are learnt from, and 30 days ahead leave 100 - 28 - 30 + 1 = 43 mornings.
    assertThat(foresee(Simulated.WEEKLY.series(100, 1), 1, 29).quantile(0.025)).isPresent();
    assertThat(foresee(Simulated.WEEKLY.series(95, 1), 1, 29).quantile(0.025)).isEmpty();
    assertThat(foresee(Simulated.WEEKLY.series(95, 1), 1, 29).quantile(0.1)).isPresent();
    assertThat(foresee(Simulated.WEEKLY.series(60, 1), 1, 29).quantile(0.1)).isEmpty();
    assertThat(foresee(new double[0], 1, 29).expected()).isZero();
  }

  @Test
  void tooFewErrorsAreReplacedByThePoolsAndThatIsTold() {
    var pool = pool();

    var young = Forecaster.foresee(question(constant(14, 2), 1, 9, pool));
    var old = Forecaster.foresee(question(Simulated.WEEKLY.series(200, 1), 1, 9, pool));

    assertThat(young.errors().pooled()).isTrue();
    assertThat(young.quantile(0.025)).isPresent();
    assertThat(old.errors().pooled()).isFalse();
  }

  @Test
  void pooledErrorsGrowWithTheSpendTheyAreFor() {
    var one = Forecaster.foresee(question(constant(14, 1), 1, 9, pool()));
    var ten = Forecaster.foresee(question(constant(14, 10), 1, 9, pool()));

    assertThat(ten.quantile(0.9).orElseThrow())
        .isCloseTo(10 * one.quantile(0.9).orElseThrow(), within(1e-9));
  }

  @Test
  void aPoolShowsNobodysErrors() {
    var four = IntStream.range(0, 4).mapToObj(i -> Simulated.WEEKLY.series(100, i)).toList();

    assertThat(Pool.of(four)).isEmpty();
    assertThat(Pool.of(Pool.flat(pool())).paths()).isDeepEqualTo(pool().paths());
  }

  @Test
  void knownPricesOfTheFutureChangeTheSpendAndItsInterval() {
    var series = Simulated.WEEKLY.series(200, 9);
    var factors = new double[10];
    Arrays.fill(factors, 2);

    var same = foresee(series, 1, 9);
    var twice = Forecaster.foresee(new Forecaster.Question(series, 1, 9, factors, ErrorPaths.NONE));

    assertThat(twice.expected()).isCloseTo(2 * same.expected(), within(1e-9));
    assertThat(twice.quantile(0.9).orElseThrow())
        .isCloseTo(2 * same.quantile(0.9).orElseThrow(), within(1e-9));
  }

  @Test
  void aTotalIsTheSumOfItsParts() {
    var parts =
        IntStream.range(0, 6)
            .mapToObj(
                i -> question(Simulated.values()[i].series(200 - 20 * i, i), 1, 9, ErrorPaths.NONE))
            .toList();

    var total = BottomUp.sum(parts, new Calendar(java.time.LocalDate.EPOCH, 1, 9), ErrorPaths.NONE);

    assertThat(total.expected())
        .isCloseTo(
            parts.stream().mapToDouble(p -> Forecaster.foresee(p).expected()).sum(), within(1e-9));
    assertThat(total.method()).isEqualTo(Method.BOTTOM_UP);
    assertThat(total.quantile(0.025)).isPresent();
    assertThat(
            BottomUp.sum(List.of(), new Calendar(java.time.LocalDate.EPOCH, 1, 9), ErrorPaths.NONE)
                .expected())
        .isZero();
  }

  private static ErrorPaths pool() {
    return Pool.of(IntStream.range(0, 8).mapToObj(i -> Simulated.WEEKLY.series(150, i)).toList())
        .orElseThrow();
  }

  private static double[] constant(int days, double usd) {
    var series = new double[days];
    Arrays.fill(series, usd);
    return series;
  }

  private static Remainder foresee(double[] series, double todayLeft, int daysAfter) {
    return Forecaster.foresee(question(series, todayLeft, daysAfter, ErrorPaths.NONE));
  }

  private static Forecaster.Question question(
      double[] series, double todayLeft, int daysAfter, ErrorPaths pool) {
    return new Forecaster.Question(series, todayLeft, daysAfter, NO_CHANGE, pool);
  }
}
