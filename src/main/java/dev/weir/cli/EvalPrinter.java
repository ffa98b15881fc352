package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;

/** Prints evaluations. */
final class EvalPrinter {
  private static final String ROW = "%-24s %6s %6s %10s %10s %26s %8s  %s%n";

  private final PrintWriter out;
  private final boolean json;

  EvalPrinter(PrintWriter out, boolean json) {
    this.out = out;
    this.json = json;
  }

  void list(JsonNode all) {
    if (json) {
      out.println(KeyPrinter.pretty(all));
      return;
    }
    out.printf(
        "%-40s %-28s %-12s %11s %12s  %s%n",
        "EVALUATION", "FUNCTION", "STATUS", "ITEMS", "USD", "BEGAN");
    all.path("evaluations")
        .forEach(
            e ->
                out.printf(
                    "%-40s %-28s %-12s %11s %12s  %.19s%n",
                    e.path("name").asText(),
                    e.path("function").asText(),
                    e.path("status").asText(),
                    e.path("done").asText() + "/" + e.path("items").asText(),
                    e.path("spent_usd").decimalValue().stripTrailingZeros().toPlainString(),
                    e.path("created_at").asText()));
    out.flush();
  }

  void show(JsonNode e) {
    if (json) {
      out.println(KeyPrinter.pretty(e));
      return;
    }
    var baseline = e.path("baseline").path("asked_for").asText();
    out.printf(
        "%s on %s: %s after %s of %s items, %s of %s USD%n",
        e.path("name").asText(),
        e.path("function").asText(),
        e.path("status").asText(),
        e.path("done").asText(),
        e.path("items").asText(),
        e.path("spent_usd").decimalValue().stripTrailingZeros().toPlainString(),
        e.path("budget_usd").decimalValue().stripTrailingZeros().toPlainString());
    if (e.path("reason").isTextual()) {
      out.println(e.path("reason").asText());
    }
    out.printf(
        "candidate %s (%s), baseline %s%s%n",
        e.path("candidate").path("asked_for").asText(),
        e.path("candidate").path("version").asText(),
        baseline.equals("stored") ? "the answers that were there" : baseline,
        versions(e.path("baseline").path("versions")));
    if (e.path("unfit").asInt() > 0) {
      out.println(e.path("unfit").asText() + " stored inputs do not fit the schema; left out.");
    }
    if (e.path("left_out").asInt() > 0) {
      out.println(
          e.path("left_out").asText()
              + " stored calls are left out: their provider failed them, which says nothing of a"
              + " version.");
    }
    if (e.path("report").isObject()) {
      report(e.path("report"));
    }
    out.flush();
  }

  private static String versions(JsonNode versions) {
    var all = new ArrayList<String>();
    versions.forEach(version -> all.add(version.asText()));
    return all.isEmpty() ? "" : " (" + String.join(", ", all) + ")";
  }

  private void report(JsonNode report) {
    out.println();
    out.printf(
        ROW, "SCORER", "ITEMS", "USERS", "BASELINE", "CANDIDATE", "DIFFERENCE", "P", "FINDING");
    for (var line : report.path("scorers")) {
      out.printf(
          ROW,
          cut(line.path("scorer").asText()),
          line.path("items").asText(),
          line.path("users").asText(),
          PromptCommand.rounded(line.path("baseline_mean"), 4),
          PromptCommand.rounded(line.path("candidate_mean"), 4),
          difference(line),
          PromptCommand.rounded(line.path("p_value"), 4),
          line.path("finding").asText("-").replace('_', ' '));
      without(line);
    }
    var agreement = report.path("agreement");
    out.printf(
        "The same value: %s of %s that both answered.%n",
        agreement.path("same").asText(), agreement.path("both_answered").asText());
    side("baseline", report.path("baseline"));
    side("candidate", report.path("candidate"));
    if (report.path("gone").asInt() > 0) {
      out.println(report.path("gone").asText() + " items were deleted before their turn.");
    }
    if (report.path("left_out").asInt() > 0) {
      out.println(
          report.path("left_out").asText()
              + " scored items are left out: something of an earlier user, or of theirs, is"
              + " missing.");
    }
    out.printf(
        "Means are over users. Intervals hold for all scorers together with %s %% (each %s %%); a"
            + " difference is only one if its interval leaves zero.%n",
        percent(1 - report.path("alpha").asDouble()),
        percent(1 - report.path("alpha_of_each").asDouble()));
  }

  private void without(JsonNode line) {
    var expected = line.path("without_expected").asInt();
    var score = line.path("without_score").asInt();
    if (expected > 0) {
      out.println("  " + expected + " items without an expected answer are left out.");
    }
    if (score > 0) {
      out.printf(
          "  %s items lack a score and are left out; missing on the side of the baseline %s, of the"
              + " candidate %s.%n",
          score, line.path("missing_baseline").asText(), line.path("missing_candidate").asText());
    }
    if (line.path("finding").asText().equals("too_much_missing")) {
      out.println(
          "  That is more than 2 in 100, of the items or of the users: nothing can be found.");
    }
  }

  private void side(String which, JsonNode side) {
    var failed = new ArrayList<String>();
    side.path("failed")
        .properties()
        .forEach(code -> failed.add(code.getValue().asText() + " " + code.getKey()));
    out.printf(
        "%-10s %s answered%s; p50 %s ms, mean cost %s USD%n",
        which,
        side.path("answered").asText(),
        failed.isEmpty() ? "" : ", failed: " + String.join(", ", failed),
        side.path("p50_ms").asText("-").replace("null", "-"),
        side.path("mean_cost_usd").isNumber()
            ? side.path("mean_cost_usd").decimalValue().toPlainString()
            : "-");
  }

  private static String difference(JsonNode line) {
    return line.path("difference").isNumber()
        ? PromptCommand.rounded(line.path("difference"), 4)
            + " ["
            + PromptCommand.rounded(line.path("lower"), 4)
            + ", "
            + PromptCommand.rounded(line.path("upper"), 4)
            + "]"
        : "-";
  }

  private static String percent(double share) {
    return new java.math.BigDecimal(share * 100)
        .setScale(2, java.math.RoundingMode.HALF_UP)
        .stripTrailingZeros()
        .toPlainString();
  }

  private static String cut(String text) {
    return text.length() > 24 ? text.substring(0, 23) + "…" : text;
  }
}
