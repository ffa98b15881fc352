package dev.weir.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.analytics.Interval;
import dev.weir.analytics.UsageLine;
import dev.weir.analytics.UsageQuery;
import dev.weir.analytics.UsageReport;
import dev.weir.core.Json;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Answers about usage as JSON, the same on both ports. Money is an exact decimal number. */
public final class UsageJson {
  private UsageJson() {}

  /** The whole answer. */
  public static ObjectNode of(UsageReport report) {
    var query = report.query();
    var json =
        Json.object()
            .put("from", query.from().toString())
            .put("to", query.to().toString())
            .put("interval", query.interval().label())
            .put("currency", "USD");
    var groups = json.putArray("group_by");
    query.groupBy().forEach(g -> groups.add(g.name()));
    sums(json.putObject("total"), report.total());
    var lines = json.putArray("data");
    report.lines().forEach(line -> line(lines.addObject(), line, query));
    report
        .next()
        .ifPresentOrElse(
            next -> json.put("next_cursor", String.valueOf(next)),
            () -> json.putNull("next_cursor"));
    return json;
  }

  private static void line(ObjectNode json, UsageLine line, UsageQuery query) {
    if (query.interval() != Interval.NONE) {
      json.put("period", line.period().orElseThrow().toString());
    }
    for (var i = 0; i < query.groupBy().size(); i++) {
      json.put(query.groupBy().get(i).name(), line.groups().get(i));
    }
    sums(json, line);
  }

  private static void sums(ObjectNode json, UsageLine line) {
    json.put("calls", line.calls())
        .put("errors", line.errors())
        .put("cache_hits", line.cacheHits())
        .put("prompt_tokens", line.promptTokens())
        .put("completion_tokens", line.completionTokens())
        .put("prompt_tokens_cached", line.cachedTokens())
        .put("reasoning_tokens", line.reasoningTokens())
        .put("searches", line.searches())
        .put("cost_usd", line.cost())
        .put("provider_cost_usd", line.providerCost())
        .put("simulated_cost_usd", line.simulatedCost())
        .put("unpriced_calls", line.unpriced());
    line.latency()
        .ifPresentOrElse(
            ms ->
                json.put("p50_ms", rounded(ms.p50()))
                    .put("p95_ms", rounded(ms.p95()))
                    .put("p99_ms", rounded(ms.p99())),
            () -> json.putNull("p50_ms").putNull("p95_ms").putNull("p99_ms"));
  }

  static BigDecimal rounded(double ms) {
    return BigDecimal.valueOf(ms).setScale(1, RoundingMode.HALF_EVEN);
  }
}
