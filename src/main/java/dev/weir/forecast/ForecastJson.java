package dev.weir.forecast;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** A forecast as both doors write it. Amounts are USD; what cannot be told is null. */
final class ForecastJson {
  private static final Map<String, Double> LEVELS =
      new java.util.TreeMap<>(
          Map.of(
              "p10", 0.1, "p25", 0.25, "p50", 0.5, "p75", 0.75, "p90", 0.9, "p95", 0.95, "p05",
              0.05));

  private ForecastJson() {}

  static ObjectNode of(By by, String id, MonthEnd end, Optional<BigDecimal> budget) {
    var json = Json.object().put("by", by.label());
    if (by != By.TOTAL) {
      json.put("id", id);
    }
    json.put("month", end.today().toString().substring(0, 7)).put("currency", "USD");
    json.putObject("month_to_date")
        .put("settled", end.books().settled())
        .put("low", end.books().low())
        .put("high", end.books().high());
    json.put("expected", end.expected());
    interval(json, "interval_80", end, 0.8);
    interval(json, "interval_95", end, 0.95);
    var quantiles = json.putObject("quantiles");
    LEVELS.forEach((name, level) -> quantiles.put(name, end.quantile(level).orElse(null)));
    json.put("method", end.remainder().method().label());
    json.put("pooled", end.remainder().errors().pooled());
    demand(json, end);
    budget(json, end, budget);
    quality(json, end.remainder().quality());
    return json;
  }

  private static void interval(ObjectNode json, String name, MonthEnd end, double level) {
    var low = end.quantile((1 - level) / 2);
    var high = end.quantile((1 + level) / 2);
    if (low.isPresent() && high.isPresent()) {
      json.putObject(name).put("low", low.get()).put("high", high.get());
    } else {
      json.putNull(name);
    }
  }

  /** What is still to come before limits, by model, at the recent mix. */
  private static void demand(ObjectNode json, MonthEnd end) {
    var usd = Arrays.stream(end.remainder().point()).sum() * (end.share() > 0 ? 1 : 0);
    var models = json.putArray("remaining_demand");
    for (var model : end.models()) {
      var calls = model.usdPerCall() <= 0 ? 0 : usd * model.share() / model.usdPerCall();
      models
          .addObject()
          .put("model", model.model())
          .put("calls", Math.round(calls))
          .put("input_tokens", Math.round(calls * model.call().inputTokens()))
          .put("output_tokens", Math.round(calls * model.call().outputTokens()))
          .put("usd", MonthEnd.money(usd * model.share()))
          .put("priced", model.priced());
    }
  }

  private static void budget(ObjectNode json, MonthEnd end, Optional<BigDecimal> budget) {
    json.put("budget", budget.orElse(null));
    var exhaustion = end.exhaustion();
    if (exhaustion.isEmpty()) {
      json.putNull("exhaustion");
      return;
    }
    var e = exhaustion.get();
    json.putObject("exhaustion")
        .put("p10", day(e.early()))
        .put("p50", day(e.middle()))
        .put("p90", day(e.late()))
        .put("not_this_month", share(e.notThisMonth()));
  }

  private static void quality(ObjectNode json, Remainder.Quality q) {
    var scores =
        json.putObject("back_test")
            .put("mornings", q.mornings())
            .put("mase", share(q.mase()))
            .put("baseline_mase", share(q.baselineMase()))
            .put("error_days", share(q.error()))
            .put("baseline_error_days", share(q.baselineError()))
            .put("pinball_days", share(q.pinball()));
    coverage(scores, "coverage_80", q.coverage80());
    coverage(scores, "coverage_95", q.coverage95());
  }

  private static void coverage(ObjectNode json, String name, Scores.Coverage c) {
    if (c.of() == 0) {
      json.putNull(name);
    } else {
      json.putObject(name)
          .put("share", share(c.share()))
          .put("of", c.of())
          .put("low", share(c.low(1.96)))
          .put("high", share(c.high(1.96)));
    }
  }

  private static @org.jspecify.annotations.Nullable String day(Optional<LocalDate> day) {
    return day.map(LocalDate::toString).orElse(null);
  }

  /** Three decimals; null of what is no number. */
  private static @org.jspecify.annotations.Nullable BigDecimal share(double value) {
    return Double.isFinite(value)
        ? BigDecimal.valueOf(value).setScale(3, java.math.RoundingMode.HALF_EVEN)
        : null;
  }
}
