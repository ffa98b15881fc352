package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Usage as people read it in a terminal. */
final class UsagePrinter {
  private static final int NARROWEST = 40;
  private static final int WIDEST = 160;

  private final PrintWriter out;
  private final BarChart chart;

  UsagePrinter(PrintWriter out, World world) {
    this.out = out;
    this.chart =
        new BarChart(Math.clamp(world.columns(), NARROWEST, WIDEST), utf8(world.environment()));
  }

  /** Periods as bars of their cost (of their calls, where nothing cost anything), then the sums. */
  void chart(JsonNode periods, JsonNode top) {
    var byCost = cost(periods.path("total")).signum() > 0;
    var length = periods.path("interval").asText().equals("hour") ? 16 : 10;
    var bars = new ArrayList<BarChart.Bar>();
    for (var line : periods.path("data")) {
      bars.add(
          new BarChart.Bar(
              line.path("period").asText().replace('T', ' ').substring(0, length),
              byCost ? cost(line) : line.path("calls").decimalValue(),
              usd(cost(line)) + "  " + calls(line)));
    }
    chart.lines(bars).forEach(out::println);
    var total = periods.path("total");
    out.println();
    out.println(
        "From "
            + periods.path("from").asText()
            + " to "
            + periods.path("to").asText()
            + ": "
            + usd(cost(total))
            + ", "
            + calls(total)
            + ", "
            + count(total.path("errors"))
            + " of them not well, "
            + count(total.path("prompt_tokens"))
            + " tokens in and "
            + count(total.path("completion_tokens"))
            + " out");
    if (total.path("unpriced_calls").asLong() > 0) {
      out.println(count(total.path("unpriced_calls")) + " calls have no known price.");
    }
    if (cost(total).signum() > 0 && total.path("simulated_cost_usd").decimalValue().signum() > 0) {
      out.println(usd(total.path("simulated_cost_usd").decimalValue()) + " of it is simulated.");
    }
    if (!top.path("data").isEmpty()) {
      out.println();
      table(top);
    }
    out.flush();
  }

  /** Lines as a table. */
  void table(JsonNode report) {
    var names = new ArrayList<String>();
    if (!report.path("interval").asText().equals("none")) {
      names.add("period");
    }
    report.path("group_by").forEach(g -> names.add(g.asText()));
    var rows = new ArrayList<List<String>>();
    rows.add(
        Stream.concat(
                names.stream(),
                Stream.of(
                    "cost", "calls", "errors", "tokens in", "out", "p50 ms", "p95 ms", "p99 ms"))
            .toList());
    for (var line : report.path("data")) {
      var row = new ArrayList<String>();
      names.forEach(name -> row.add(plain(line.path(name).asText())));
      row.add(usd(cost(line)));
      for (var number : List.of("calls", "errors", "prompt_tokens", "completion_tokens")) {
        row.add(count(line.path(number)));
      }
      for (var point : List.of("p50_ms", "p95_ms", "p99_ms")) {
        row.add(line.path(point).isNumber() ? count(line.path(point)) : "-");
      }
      rows.add(row);
    }
    print(rows, names.size());
    if (!report.path("next_cursor").isNull()) {
      out.println("There are more; --limit shows up to 1000, --csv all.");
    }
    out.flush();
  }

  private void print(List<List<String>> rows, int texts) {
    for (var row : rows) {
      var line = new StringBuilder();
      for (var i = 0; i < row.size(); i++) {
        var column = i;
        var width = rows.stream().mapToInt(r -> r.get(column).length()).max().orElse(0);
        var cell = row.get(i);
        var space = " ".repeat(width - cell.length());
        line.append(i == 0 ? "" : "  ").append(i < texts ? cell + space : space + cell);
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private static BigDecimal cost(JsonNode line) {
    return line.path("cost_usd").decimalValue();
  }

  private static String usd(BigDecimal amount) {
    return String.format(Locale.ROOT, "$%,.4f", amount.setScale(4, RoundingMode.HALF_EVEN));
  }

  private static String calls(JsonNode line) {
    return count(line.path("calls")) + " calls";
  }

  private static String count(JsonNode number) {
    return String.format(Locale.ROOT, "%,d", number.decimalValue().toBigInteger());
  }

  /** Users choose these words; a terminal must not obey them. */
  private static String plain(String text) {
    return text.codePoints()
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean utf8(Map<String, String> environment) {
    return Stream.of("LC_ALL", "LC_CTYPE", "LANG")
        .map(name -> environment.getOrDefault(name, ""))
        .filter(value -> !value.isEmpty())
        .findFirst()
        .filter(value -> value.toUpperCase(Locale.ROOT).replace("-", "").contains("UTF8"))
        .isPresent();
  }
}
