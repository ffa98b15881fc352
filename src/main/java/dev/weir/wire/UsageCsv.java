package dev.weir.wire;

import dev.weir.analytics.Interval;
import dev.weir.analytics.UsageLine;
import dev.weir.analytics.UsageQuery;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Lines about usage as CSV (RFC 4180). A text cell that a spreadsheet would run as a formula, since
 * it begins with {@code =}, {@code +}, {@code -}, {@code @}, a tab or a carriage return, gets an
 * apostrophe before it: users choose tags and ids, and administrators open files.
 */
public final class UsageCsv {
  /** What such a file is. */
  public static final String TYPE = "text/csv; charset=utf-8; header=present";

  private static final List<String> SUMS =
      List.of(
          "calls",
          "errors",
          "cache_hits",
          "prompt_tokens",
          "completion_tokens",
          "prompt_tokens_cached",
          "reasoning_tokens",
          "searches",
          "cost_usd",
          "provider_cost_usd",
          "simulated_cost_usd",
          "unpriced_calls",
          "p50_ms",
          "p95_ms",
          "p99_ms");

  private UsageCsv() {}

  /** The first line: the columns' names. */
  public static Buffer head(UsageQuery query) {
    var cells = new ArrayList<String>();
    if (query.interval() != Interval.NONE) {
      cells.add("period");
    }
    query.groupBy().forEach(g -> cells.add(text(g.name())));
    cells.addAll(SUMS);
    return row(cells);
  }

  /** One line. */
  public static Buffer line(UsageLine line) {
    var cells = new ArrayList<String>();
    line.period().ifPresent(period -> cells.add(period.toString()));
    line.groups().forEach(value -> cells.add(text(value)));
    for (var number :
        new long[] {
          line.calls(),
          line.errors(),
          line.cacheHits(),
          line.promptTokens(),
          line.completionTokens(),
          line.cachedTokens(),
          line.reasoningTokens(),
          line.searches()
        }) {
      cells.add(String.valueOf(number));
    }
    cells.add(line.cost().toPlainString());
    cells.add(line.providerCost().toPlainString());
    cells.add(line.simulatedCost().toPlainString());
    cells.add(String.valueOf(line.unpriced()));
    cells.add(ms(line.latency().map(UsageLine.Latency::p50)));
    cells.add(ms(line.latency().map(UsageLine.Latency::p95)));
    cells.add(ms(line.latency().map(UsageLine.Latency::p99)));
    return row(cells);
  }

  private static String ms(Optional<Double> value) {
    return value.map(v -> UsageJson.rounded(v).toPlainString()).orElse("");
  }

  /** A cell of text: guarded, and quoted where it has to be. */
  static String text(String value) {
    var guarded =
        !value.isEmpty() && "=+-@\t\r".indexOf(value.charAt(0)) >= 0 ? "'" + value : value;
    return guarded.chars().anyMatch(c -> c == '"' || c == ',' || c == '\n' || c == '\r')
        ? '"' + guarded.replace("\"", "\"\"") + '"'
        : guarded;
  }

  private static Buffer row(List<String> cells) {
    return Buffer.buffer(cells.stream().collect(Collectors.joining(",", "", "\r\n")));
  }
}
