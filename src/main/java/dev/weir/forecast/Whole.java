package dev.weir.forecast;

import dev.weir.pricing.PriceTable;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The month of all: the sum of its users' (they alone have budgets), to which the functions are
 * scaled so that both ways of adding up give one number.
 *
 * @param total the sum over users, before limits
 * @param kept the share of it that limits leave
 * @param functions by what each function's own rest has to be multiplied
 */
record Whole(Remainder total, double kept, double functions) {
  static Whole of(ForecastStore.Everybody all, PriceTable prices, Calendar now, ErrorPaths pool) {
    var questions = new ArrayList<Forecaster.Question>();
    var free = 0.0;
    var capped = 0.0;
    for (var user : all.users().entrySet()) {
      var demand =
          Demand.of(
              user.getValue(),
              all.refusedUsers().getOrDefault(user.getKey(), Map.of()),
              prices,
              now.today());
      var question = question(demand, prices, now, pool);
      questions.add(question);
      var rest = Forecaster.foresee(question);
      var limits = all.limits().get(user.getKey());
      var books = all.spent().getOrDefault(user.getKey(), MonthEnd.Books.EMPTY);
      var budget = limits == null ? Budget.NONE : limits.left(books, 0, demand.usdPerCall());
      free += rest.expected();
      capped += new MonthEnd(now.today(), books, rest, budget, 1, List.of()).rest();
    }
    var kept = free <= 0 ? 1 : Math.min(1, capped / free);
    var functions = 0.0;
    for (var function : all.functions().entrySet()) {
      var demand =
          Demand.of(
              function.getValue(),
              all.refusedFunctions().getOrDefault(function.getKey(), Map.of()),
              prices,
              now.today());
      functions += Forecaster.foresee(question(demand, prices, now, pool)).expected();
    }
    var total = BottomUp.sum(questions, now, pool);
    return new Whole(total, kept, functions <= 0 ? 1 : total.expected() * kept / functions);
  }

  static Forecaster.Question question(
      Demand demand, PriceTable prices, Calendar now, ErrorPaths pool) {
    return new Forecaster.Question(
        demand.daily(),
        now.todayLeft(),
        now.daysAfter(),
        demand.factors(prices, now.today(), now.days()),
        pool);
  }

  /** The series of everybody long enough to lend its errors, for the pools. */
  static List<double[]> donors(
      Map<String, List<DayUse>> subjects, PriceTable prices, LocalDate today) {
    var donors = new HashMap<String, double[]>();
    subjects.forEach(
        (name, uses) -> {
          if (!name.isEmpty()) {
            donors.put(name, Demand.of(uses, Map.of(), prices, today).daily());
          }
        });
    return List.copyOf(donors.values());
  }
}
