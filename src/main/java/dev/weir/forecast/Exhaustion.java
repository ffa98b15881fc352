package dev.weir.forecast;

import java.time.LocalDate;
import java.util.Arrays;
import java.util.Optional;

/**
 * When the month's budget runs out: the first day on which a path of the month reaches it.
 *
 * @param notThisMonth the share of the paths that never do
 * @param early by this day the budget is gone on 10 % of the paths; empty: on fewer
 * @param middle the same of 50 %
 * @param late the same of 90 %
 */
record Exhaustion(
    double notThisMonth,
    Optional<LocalDate> early,
    Optional<LocalDate> middle,
    Optional<LocalDate> late) {

  /** Of paths whose first day is today; empty without a budget, or with too few paths to tell. */
  static Optional<Exhaustion> of(Budget budget, double[][] paths, LocalDate today) {
    if (Double.isInfinite(budget.usd())) {
      return Optional.empty();
    }
    if (budget.usd() <= 0) {
      var now = Optional.of(today);
      return Optional.of(new Exhaustion(0, now, now, now));
    }
    if (paths.length < ErrorPaths.FOR_80) {
      return Optional.empty();
    }
    var days =
        Arrays.stream(paths)
            .mapToInt(budget::exhausted)
            .map(day -> day < 0 ? Integer.MAX_VALUE : day)
            .sorted()
            .toArray();
    var never = Arrays.stream(days).filter(day -> day == Integer.MAX_VALUE).count();
    return Optional.of(
        new Exhaustion(
            (double) never / days.length,
            day(days, 0.1, today),
            day(days, 0.5, today),
            day(days, 0.9, today)));
  }

  private static Optional<LocalDate> day(int[] sorted, double level, LocalDate today) {
    var place = Math.clamp((long) Math.ceil((sorted.length + 1) * level), 1, sorted.length);
    var day = sorted[place - 1];
    return day == Integer.MAX_VALUE ? Optional.empty() : Optional.of(today.plusDays(day));
  }
}
