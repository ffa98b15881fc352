package dev.weir.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonthEndTest {
  private static final LocalDate TODAY = LocalDate.parse("2026-11-11");
  private static final double NONE = Double.POSITIVE_INFINITY;

  @Test
  void theMonthIsTheBooksAndTheRest() {
    var end = end(books("12.345678901", "0", "0"), Budget.NONE, 200);

    assertThat(end.expected())
        .isEqualByComparingTo(
            new BigDecimal("12.345678901").add(MonthEnd.money(end.remainder().expected())));
  }

  @Test
  void whatIsEstimatedMayFallAwayAndWhatIsOpenMayCome() {
    var plain = end(books("12", "0", "0"), Budget.NONE, 200);
    var range = end(books("12", "2", "3"), Budget.NONE, 200);

    assertThat(range.quantile(0.1))
        .contains(plain.quantile(0.1).orElseThrow().subtract(new BigDecimal(2)));
    assertThat(range.quantile(0.5)).isEqualTo(plain.quantile(0.5));
    assertThat(range.quantile(0.9))
        .contains(plain.quantile(0.9).orElseThrow().add(new BigDecimal(3)));
  }

  @Test
  void aBudgetStopsTheSpendItAllows() {
    var free = end(books("0", "0", "0"), Budget.NONE, 200);
    var tight = end(books("0", "0", "0"), new Budget(free.rest() / 2, NONE, NONE, 0.01), 200);

    assertThat(tight.rest()).isLessThanOrEqualTo(free.rest() / 2 + 1e-9);
    assertThat(tight.quantile(0.975).orElseThrow().doubleValue())
        .isCloseTo(free.rest() / 2, within(1e-5));
    assertThat(end(books("0", "0", "0"), new Budget(0, NONE, NONE, 0.01), 200).rest()).isZero();
  }

  @Test
  void aBudgetNearTheExpectedCutsTheDearPathsOnly() {
    var free = end(books("0", "0", "0"), Budget.NONE, 200);
    var near = end(books("0", "0", "0"), new Budget(free.rest(), NONE, NONE, 0.01), 200);

    assertThat(near.rest()).isLessThan(free.rest()).isGreaterThan(0.9 * free.rest());
  }

  @Test
  void quotasOfCallsAreBudgetsToo() {
    var month = new Budget(NONE, 100, NONE, 0.01);
    var day = new Budget(NONE, NONE, 100, 0.01);

    assertThat(month.capped(new double[] {5, 5})).isCloseTo(1, within(1e-12));
    assertThat(day.capped(new double[] {5, 0.5, 5})).isCloseTo(2.5, within(1e-12));
  }

  @Test
  void theDayOnWhichABudgetRunsOutIsThatOfThePaths() {
    var paths = new double[9][];
    // They spend 1, 2, ... 9 a day: 10 are gone on day 9, 4, 3, 2, 1, ... counted from today.
    Arrays.setAll(
        paths,
        i -> {
          var path = new double[10];
          Arrays.fill(path, i + 1);
          return path;
        });

    var e = Exhaustion.of(new Budget(10, NONE, NONE, 0), paths, TODAY).orElseThrow();
    var later = Exhaustion.of(new Budget(45, NONE, NONE, 0), paths, TODAY).orElseThrow();

    assertThat(e.early()).contains(TODAY.plusDays(1));
    assertThat(e.middle()).contains(TODAY.plusDays(1));
    assertThat(e.late()).contains(TODAY.plusDays(9));
    assertThat(e.notThisMonth()).isZero();
    assertThat(later.notThisMonth()).isCloseTo(4 / 9.0, within(1e-12));
    assertThat(later.late()).isEmpty();
  }

  @Test
  void aSpentBudgetRanOutTodayAndNoBudgetNever() {
    assertThat(
            Exhaustion.of(new Budget(-1, NONE, NONE, 0), new double[0][], TODAY)
                .orElseThrow()
                .middle())
        .contains(TODAY);
    assertThat(Exhaustion.of(Budget.NONE, new double[20][1], TODAY)).isEmpty();
    assertThat(Exhaustion.of(new Budget(1, NONE, NONE, 0), new double[8][1], TODAY)).isEmpty();
  }

  @Test
  void monthsAreThoseOfUtc() {
    var now = Calendar.at(Instant.parse("2026-11-24T18:00:00Z"));

    assertThat(now).isEqualTo(new Calendar(LocalDate.parse("2026-11-24"), 0.25, 6));
    assertThat(Calendar.at(Instant.parse("2028-02-29T00:00:00Z")).daysAfter()).isZero();
  }

  private static MonthEnd end(MonthEnd.Books books, Budget budget, int days) {
    var rest =
        Forecaster.foresee(
            new Forecaster.Question(
                Simulated.WEEKLY.series(days, 2), 0.5, 14, new double[0], ErrorPaths.NONE));
    return new MonthEnd(TODAY, books, rest, budget, 1, List.of());
  }

  private static MonthEnd.Books books(String settled, String estimated, String open) {
    return new MonthEnd.Books(
        new BigDecimal(settled), new BigDecimal(estimated), new BigDecimal(open));
  }
}
