package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The arms of an experiment as CSV (RFC 4180), one line each. Texts are guarded against
 * spreadsheets, as in {@link UsageCsv}; a number that is not known is an empty cell.
 */
public final class ExperimentCsv {
  /** What such a file is. */
  public static final String TYPE = UsageCsv.TYPE;

  private static final List<String> SUMS =
      List.of(
          "weight",
          "users",
          "users_closed",
          "trials",
          "successes",
          "cancelled",
          "refused",
          "feedback_answers",
          "feedback_successes",
          "success_rate",
          "feedback_rate",
          "response_rate",
          "avg_latency_ms",
          "avg_tokens",
          "cost_usd",
          "cost_per_success_usd");
  private static final List<String> EFFECTS =
      List.of("effect", "lower", "upper", "p_value", "validity", "users");

  private static final List<String> TAIL = List.of("effect", "lower", "upper");

  private ExperimentCsv() {}

  /** The states of an arm's guardrails in one cell. */
  private static String guardrails(JsonNode all) {
    var states = new ArrayList<String>();
    all.forEach(
        rail -> states.add(rail.path("metric").asText() + " " + rail.path("state").asText()));
    return String.join("; ", states);
  }

  /** The file. */
  public static Buffer of(JsonNode experiment) {
    var file = new StringBuilder("experiment,variant,control,switched_off_at");
    SUMS.forEach(name -> file.append(',').append(name));
    file.append(",primary");
    EFFECTS.forEach(name -> file.append(',').append("primary_").append(name));
    file.append(",probability_to_be_best,expected_loss,evaluated_at");
    file.append(",users_ended_early,switched_off_because,alpha,alarm,mean,mean_is_biased");
    TAIL.forEach(name -> file.append(",p95_ms_").append(name));
    file.append(",guardrails\r\n");
    var evaluation = experiment.path("evaluation");
    for (var arm : experiment.path("variants")) {
      var judged = evaluation.path("variants").path(arm.path("name").asText());
      var cells = new ArrayList<String>();
      cells.add(UsageCsv.text(experiment.path("name").asText()));
      cells.add(UsageCsv.text(arm.path("name").asText()));
      cells.add(arm.path("control").asText());
      cells.add(plain(arm.path("switched_off_at")));
      SUMS.forEach(name -> cells.add(plain(arm.path(name))));
      cells.add(UsageCsv.text(experiment.at("/plan/primary").asText()));
      EFFECTS.forEach(name -> cells.add(plain(judged.path("primary").path(name))));
      cells.add(plain(judged.path("probability_to_be_best")));
      cells.add(plain(judged.path("expected_loss")));
      cells.add(plain(evaluation.path("at")));
      cells.add(plain(arm.path("users_ended_early")));
      cells.add(plain(arm.path("switched_off_because")));
      cells.add(plain(experiment.at("/plan/alpha")));
      cells.add(plain(experiment.path("suspended_because")));
      cells.add(plain(judged.path("mean")));
      cells.add(plain(judged.path("mean_is_biased")));
      TAIL.forEach(name -> cells.add(plain(judged.path("p95_ms").path(name))));
      cells.add(UsageCsv.text(guardrails(judged.path("guardrails"))));
      file.append(String.join(",", cells)).append("\r\n");
    }
    return Buffer.buffer(file.toString());
  }

  /** Numbers as they are, since a minus is no formula there; texts guarded. */
  private static String plain(JsonNode value) {
    return value.isNumber()
        ? value.decimalValue().toPlainString()
        : value.isNull() || value.isMissingNode() ? "" : UsageCsv.text(value.asText());
  }
}
