package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.stream.Collectors;

/** Experiments for people. */
final class ExperimentPrinter {
  private static final int MOST_DATA = 200;

  private final PrintWriter out;

  ExperimentPrinter(PrintWriter out) {
    this.out = out;
  }

  /** All of them, a line each. */
  void list(JsonNode all) {
    out.printf("%-28s %-28s %-10s %-7s %s%n", "EXPERIMENT", "FUNCTION", "STATUS", "MODE", "SINCE");
    all.path("experiments")
        .forEach(
            e ->
                out.printf(
                    "%-28s %-28s %-10s %-7s %.19s%n",
                    e.path("name").asText(),
                    e.path("function").asText(),
                    e.path("status").asText(),
                    e.path("mode").asText(),
                    e.path("started_at").asText("")));
  }

  /** One, with its arms. */
  void show(JsonNode e) {
    out.printf(
        "%s on %s: %s, epoch %s%s%s%n",
        e.path("name").asText(),
        e.path("function").asText(),
        e.path("status").asText(),
        e.path("epoch").asText(),
        e.path("winner").isTextual() ? ", winner " + e.path("winner").asText() : "",
        e.path("suspended_at").isTextual()
            ? ", verdicts suspended: " + e.path("suspended_because").asText()
            : "");
    e.path("warnings").forEach(warning -> out.println("! " + warning.asText()));
    out.printf(
        "%-20s %7s %8s %8s %9s %9s %22s %8s %7s%n",
        "VARIANT", "WEIGHT", "USERS", "TRIALS", "VALID", "LIKED", "EFFECT", "P", "BEST");
    for (var arm : e.path("variants")) {
      var judged = e.path("evaluation").path("variants").path(arm.path("name").asText());
      out.printf(
          "%-20s %7s %8s %8s %9s %9s %22s %8s %7s%s%n",
          arm.path("name").asText() + (arm.path("control").asBoolean() ? " *" : ""),
          PromptCommand.rounded(arm.path("weight"), 3),
          arm.path("users").asText(),
          arm.path("trials").asText(),
          PromptCommand.rounded(arm.path("success_rate"), 4),
          PromptCommand.rounded(arm.path("feedback_rate"), 4),
          effect(judged.path("primary")),
          PromptCommand.rounded(judged.path("primary").path("p_value"), 4),
          PromptCommand.rounded(judged.path("probability_to_be_best"), 3),
          arm.path("switched_off_at").isTextual() ? "  off" : "");
    }
    out.println(
        "* control. Effects are differences from control in the primary metric, per user; BEST is"
            + " not protected against looking often.");
  }

  private static String effect(JsonNode estimate) {
    return estimate.path("effect").isNumber()
        ? PromptCommand.rounded(estimate.path("effect"), 3)
            + " ["
            + PromptCommand.rounded(estimate.path("lower"), 3)
            + ", "
            + PromptCommand.rounded(estimate.path("upper"), 3)
            + "]"
        : "-";
  }

  /** What was decided, a line each. */
  void decisions(JsonNode all) {
    for (var d : all.path("decisions")) {
      out.printf(
          "%.19s  %-12s %-16s %s (%s)%n",
          d.path("at").asText(),
          d.path("decision").asText(),
          d.path("variant").asText(""),
          d.path("reason").asText(),
          d.path("by").asText());
      var data = brief(d.path("data"));
      if (!data.isEmpty()) {
        out.println("    " + data);
      }
    }
  }

  /** What a decision rests on, on a line: {@code --json} has all of it. */
  private static String brief(JsonNode data) {
    var parts = new ArrayList<String>();
    for (var field : data.properties()) {
      var value = field.getValue();
      if (value.isObject()) {
        var inner =
            value.properties().stream()
                .filter(v -> v.getValue().isValueNode() && !v.getValue().isNull())
                .map(v -> v.getKey() + "=" + plain(v.getValue()))
                .collect(Collectors.joining(" "));
        if (!inner.isEmpty()) {
          parts.add(field.getKey() + ": " + inner);
        }
      } else if (value.isValueNode() && !value.isNull()) {
        parts.add(field.getKey() + " " + plain(value));
      }
    }
    var line = String.join("; ", parts);
    return line.length() > MOST_DATA ? line.substring(0, MOST_DATA) + "…" : line;
  }

  private static String plain(JsonNode value) {
    return value.isNumber()
        ? value.decimalValue().round(new MathContext(4)).stripTrailingZeros().toPlainString()
        : value.asText();
  }
}
