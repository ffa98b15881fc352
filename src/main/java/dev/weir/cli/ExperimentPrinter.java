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
        "%-16s %7s %7s %7s %7s %7s %23s %7s %6s%n",
        "VARIANT", "WEIGHT", "USERS", "TRIALS", "VALID", "LIKED", "EFFECT", "P", "BEST");
    for (var arm : e.path("variants")) {
      var judged = e.path("evaluation").path("variants").path(arm.path("name").asText());
      out.printf(
          "%-16s %7s %7s %7s %7s %7s %23s %7s %6s%s%n",
          arm.path("name").asText() + (arm.path("control").asBoolean() ? " *" : ""),
          PromptCommand.rounded(arm.path("weight"), 3),
          arm.path("users").asText(),
          arm.path("trials").asText(),
          ofAllCalls(arm, "success_rate", 4),
          ofAllCalls(arm, "feedback_rate", 4),
          effect(judged.path("primary")),
          PromptCommand.rounded(judged.path("primary").path("p_value"), 4),
          PromptCommand.rounded(judged.path("probability_to_be_best"), 3),
          arm.path("switched_off_at").isTextual() ? "  off" : "");
    }
    out.println(
        "* control. Effects are differences from control in "
            + e.at("/plan/primary").asText("the primary metric")
            + ", per user; BEST is not protected against looking often.");
    means(e);
    guardrails(e);
  }

  /** The second table: what the arms' users have cost and waited for, and what is expected. */
  private void means(JsonNode e) {
    out.println();
    out.printf(
        "%-16s %7s %8s %8s %11s %9s %23s %8s%n",
        "VARIANT", "CLOSED", "AVG MS", "TOKENS", "COST USD", "MEAN", "P95 MS EFFECT", "LOSS");
    var biased = false;
    for (var arm : e.path("variants")) {
      var judged = e.path("evaluation").path("variants").path(arm.path("name").asText());
      var marked = judged.path("mean_is_biased").asBoolean() && judged.path("mean").isNumber();
      biased |= marked || arm.path("means_are_biased").asBoolean();
      out.printf(
          "%-16s %7s %8s %8s %11s %9s %23s %8s%n",
          arm.path("name").asText() + (arm.path("control").asBoolean() ? " *" : ""),
          arm.path("users_closed").asText("-"),
          ofAllCalls(arm, "avg_latency_ms", 0),
          ofAllCalls(arm, "avg_tokens", 0),
          PromptCommand.rounded(arm.path("cost_usd"), 6),
          PromptCommand.rounded(judged.path("mean"), 4) + (marked ? " ~" : ""),
          effect(judged.path("p95_ms"), 0),
          PromptCommand.rounded(judged.path("expected_loss"), 4));
    }
    out.println(
        "LOSS is what is expected to be lost by this variant; it is not protected against looking"
            + " often"
            + (biased
                ? ".\n~ a plain mean, biased since weights moved; the effects are not."
                : "."));
  }

  /** A mean or a rate of an arm's calls, marked where weights moved. */
  private static String ofAllCalls(JsonNode arm, String name, int digits) {
    var marked = arm.path("means_are_biased").asBoolean() && arm.path(name).isNumber();
    return PromptCommand.rounded(arm.path(name), digits) + (marked ? "~" : "");
  }

  /** What watches the arms, and why arms are off. */
  private void guardrails(JsonNode e) {
    for (var arm : e.path("variants")) {
      var name = arm.path("name").asText();
      if (arm.path("switched_off_at").isTextual()) {
        out.printf(
            "%s is off since %.19s: %s%n",
            name, arm.path("switched_off_at").asText(), arm.path("switched_off_because").asText());
      }
      for (var rail : e.path("evaluation").path("variants").path(name).path("guardrails")) {
        out.printf(
            "%s, guardrail %s: %s, harm %s, margin %s%n",
            name,
            rail.path("metric").asText(),
            rail.path("state").asText(),
            effect(rail.path("harm"), 3),
            plain(rail.path("margin")));
      }
    }
  }

  private static String effect(JsonNode estimate) {
    return effect(estimate, 3);
  }

  private static String effect(JsonNode estimate, int digits) {
    return estimate.path("effect").isNumber()
        ? PromptCommand.rounded(estimate.path("effect"), digits)
            + " ["
            + PromptCommand.rounded(estimate.path("lower"), digits)
            + ", "
            + PromptCommand.rounded(estimate.path("upper"), digits)
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
