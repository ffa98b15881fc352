package dev.weir.forecast;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A month's end as it is foreseen for one subject: what is in the books, and the rest.
 *
 * <p>The books' part is exact; the rest is statistics, rounded to micro-dollars where it is added.
 *
 * @param today the day under way, UTC
 * @param books what the month has cost so far
 * @param remainder the rest, before limits
 * @param budget what limits leave of it
 * @param share by what the rest is multiplied so that the parts add up to the total; 1 where they
 *     do
 * @param models what the demand is made of
 */
record MonthEnd(
    LocalDate today,
    Books books,
    Remainder remainder,
    Budget budget,
    double share,
    List<Demand.ModelShare> models) {

  private static final int MICRO = 6;

  /**
   * The month so far.
   *
   * @param settled what calls did cost
   * @param estimated the part of it whose tokens we counted ourselves, or that a crash cut off: a
   *     late record may still replace it
   * @param open what attempts under way may still cost
   */
  record Books(BigDecimal settled, BigDecimal estimated, BigDecimal open) {
    static final Books EMPTY = new Books(BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO);

    BigDecimal low() {
      return settled.subtract(estimated).max(BigDecimal.ZERO);
    }

    BigDecimal high() {
      return settled.add(open);
    }
  }

  /** What the month will have cost. */
  BigDecimal expected() {
    return books.settled().add(money(rest()));
  }

  /** The rest that is expected, limits considered. */
  double rest() {
    var paths = remainder.paths();
    if (paths.length < ErrorPaths.FOR_80) {
      return share * budget.capped(remainder.point());
    }
    // A limit cuts the dear paths and no others: what it takes is a mean over all of them.
    var free = 0.0;
    var capped = 0.0;
    for (var path : paths) {
      free += Arrays.stream(path).sum();
      capped += budget.capped(path);
    }
    var kept = free <= 0 ? 1 : capped / free;
    return share * Math.min(budget.capped(remainder.point()), kept * remainder.expected());
  }

  /**
   * A quantile of the month's total; empty where too few errors are known for it. Below the median
   * the estimated part of the books may fall away, above it what is open may come.
   */
  Optional<BigDecimal> quantile(double level) {
    var sums = Arrays.stream(remainder.paths()).mapToDouble(budget::capped).sorted().toArray();
    var rest = ErrorPaths.quantile(sums, level);
    if (rest.isEmpty()) {
      return Optional.empty();
    }
    var books =
        level < 0.5 ? this.books.low() : level > 0.5 ? this.books.high() : this.books.settled();
    return Optional.of(books.add(money(share * rest.getAsDouble())));
  }

  /** When the budget runs out. */
  Optional<Exhaustion> exhaustion() {
    return Exhaustion.of(budget, remainder.paths(), today);
  }

  static BigDecimal money(double usd) {
    return BigDecimal.valueOf(usd).setScale(MICRO, RoundingMode.HALF_EVEN);
  }
}
