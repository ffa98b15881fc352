package dev.weir.forecast;

import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.pricing.PriceTable;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a subject asked for, day by day, in dollars of one price list: the tokens of each day and
 * model at the prices of today. So a price that changed is no change of demand, and one that will
 * change is known. Calls that a budget or a quota refused are counted in, at the mean price of the
 * others: spend alone would only show what the limit let through.
 *
 * @param first the first day with demand
 * @param daily one amount per day from then to yesterday, in USD
 * @param models what it was made of in the last four weeks, dearest first
 * @param usdPerCall the mean price of a call in the last four weeks; 0 if there was none
 */
@SuppressWarnings("ArrayRecordComponent") // figures on their way, never compared
record Demand(LocalDate first, double[] daily, List<ModelShare> models, double usdPerCall) {
  private static final int RECENT = 28;

  /**
   * One model's part.
   *
   * @param model {@code provider/model}
   * @param share of the dollars, 0 to 1
   * @param call a call in the middle
   * @param usdPerCall what it costs today
   * @param priced whether the table has a price for it; else the books' own cost stands in
   */
  record ModelShare(String model, double share, Usage call, double usdPerCall, boolean priced) {}

  /**
   * Prices what was used.
   *
   * @param uses the days that are over, in any order
   * @param refused calls that a budget or quota refused, by day
   * @param prices the table
   * @param today the day under way, whose prices count
   */
  static Demand of(
      List<DayUse> uses, Map<LocalDate, Long> refused, PriceTable prices, LocalDate today) {
    var at = noon(today);
    var byDay = new TreeMap<LocalDate, double[]>();
    for (var use : uses) {
      if (use.calls() > 0 && use.day().isBefore(today)) {
        var day = byDay.computeIfAbsent(use.day(), _ -> new double[2]);
        day[0] += use.calls() * price(use, prices, at);
        day[1] += use.calls();
      }
    }
    if (byDay.isEmpty()) {
      return new Demand(today, new double[0], List.of(), 0);
    }
    var first = byDay.firstKey();
    var daily = new double[(int) ChronoUnit.DAYS.between(first, today)];
    var models = models(uses, prices, today);
    var perCall = perCall(byDay, today.minusDays(RECENT));
    var busiest = byDay.values().stream().mapToDouble(d -> d[1]).max().orElse(0);
    byDay.forEach((day, sums) -> daily[(int) ChronoUnit.DAYS.between(first, day)] = sums[0]);
    refused.forEach(
        (day, calls) -> {
          if (!day.isBefore(first) && day.isBefore(today)) {
            // Whoever is refused and asks again in a loop does not want all of that.
            daily[(int) ChronoUnit.DAYS.between(first, day)] += Math.min(calls, busiest) * perCall;
          }
        });
    return new Demand(first, daily, models, perCall);
  }

  /** All of them as one, without a claim about models. */
  static Demand none(LocalDate today) {
    return new Demand(today, new double[0], List.of(), 0);
  }

  /**
   * By what each day's demand has to be multiplied to be spend, because prices are known to change.
   *
   * @param today the first day
   * @param days how many
   */
  double[] factors(PriceTable prices, LocalDate today, int days) {
    var factors = new double[days];
    var shares = models.stream().mapToDouble(ModelShare::share).sum();
    Arrays.fill(factors, 1);
    if (shares <= 0) {
      return factors;
    }
    for (var d = 0; d < days; d++) {
      var at = noon(today.plusDays(d));
      factors[d] =
          models.stream().mapToDouble(m -> m.share() * change(m, prices, at)).sum() / shares;
    }
    return factors;
  }

  private static double change(ModelShare m, PriceTable prices, Instant at) {
    if (!m.priced() || m.usdPerCall() <= 0) {
      return 1;
    }
    return prices.cost(m.model(), m.call(), at).map(cost -> usd(cost) / m.usdPerCall()).orElse(1.0);
  }

  private static double price(DayUse use, PriceTable prices, Instant at) {
    return prices
        .cost(use.model(), use.usage().perCall(use.calls()), at)
        .map(Demand::usd)
        .orElseGet(() -> use.cost().doubleValue() / use.calls());
  }

  private static double perCall(Map<LocalDate, double[]> byDay, LocalDate since) {
    var usd = 0.0;
    var calls = 0.0;
    for (var entry : byDay.entrySet()) {
      if (!entry.getKey().isBefore(since)) {
        usd += entry.getValue()[0];
        calls += entry.getValue()[1];
      }
    }
    return calls == 0 ? 0 : usd / calls;
  }

  private static List<ModelShare> models(List<DayUse> uses, PriceTable prices, LocalDate today) {
    var at = noon(today);
    var since = today.minusDays(RECENT);
    var recent = new HashMap<String, DayUse>();
    for (var use : uses) {
      if (use.calls() > 0 && !use.day().isBefore(since) && use.day().isBefore(today)) {
        recent.merge(
            use.model(),
            use,
            (a, b) ->
                new DayUse(
                    a.day(),
                    a.model(),
                    a.calls() + b.calls(),
                    a.usage().plus(b.usage()),
                    a.cost().add(b.cost())));
      }
    }
    var all = recent.values().stream().mapToDouble(u -> u.calls() * price(u, prices, at)).sum();
    return recent.values().stream()
        .map(
            u -> {
              var each = price(u, prices, at);
              return new ModelShare(
                  u.model(),
                  all <= 0 ? 0 : u.calls() * each / all,
                  u.usage().perCall(u.calls()),
                  each,
                  prices.has(u.model(), at));
            })
        .sorted(
            Comparator.comparingDouble((ModelShare m) -> -m.share())
                .thenComparing(ModelShare::model))
        .toList();
  }

  /** Prices begin at midnight UTC, so noon is on the safe side of every change. */
  private static Instant noon(LocalDate day) {
    return day.atTime(12, 0).toInstant(ZoneOffset.UTC);
  }

  private static double usd(Usd amount) {
    return amount.dollars().doubleValue();
  }
}
