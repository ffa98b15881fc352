package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The arms of an experiment as CSV (RFC 4180), one line each. Texts are guarded against
 * spreadsheets, as in {@link UsageCsv}; a number that is not known is an empty cell. What may be
 * believed of a figure stands beside it, as in the JSON: the {@code validity} of effects, {@code
 * standing_validity} of the probability to be best and the expected loss, {@code mean_is_biased} of
 * the mean per user, {@code means_are_biased} of the means and rates of all calls.
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
  private static final List<String> COST = List.of("effect", "lower", "upper", "validity");

  private ExperimentCsv() {}

  /** The file. */
  public static Buffer of(JsonNode experiment) {
    var file = new StringBuilder("experiment,variant,control,switched_off_at");
    SUMS.forEach(name -> file.append(',').append(name));
    file.append(",primary");
    EFFECTS.forEach(name -> file.append(',').append("primary_").append(name));
    file.append(",probability_to_be_best,expected_loss,evaluated_at");
    file.append(",users_ended_early,switched_off_because,alpha,alarm,mean,mean_is_biased");
    TAIL.forEach(name -> file.append(",p95_ms_").append(name));
    file.append(",p95_ms_validity");
    COST.forEach(name -> file.append(",cost_per_success_").append(name));
    file.append(",standing_validity,means_are_biased,passed_by,warnings,guardrails\r\n");
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
      cells.add(plain(judged.path("p95_ms").path("validity")));
      COST.forEach(name -> cells.add(plain(judged.path("cost_per_success_usd").path(name))));
      cells.add(plain(judged.path("standing_validity")));
      cells.add(plain(arm.path("means_are_biased")));
      cells.add(plain(experiment.path("passed_by")));
      cells.add(UsageCsv.text(joined(experiment.path("warnings"))));
      cells.add(UsageCsv.text(guardrails(judged.path("guardrails"))));
      file.append(String.join(",", cells)).append("\r\n");
    }
    return Buffer.buffer(file.toString());
  }

  /** The states of an arm's guardrails in one cell. */
  private static String guardrails(JsonNode all) {
    var states = new ArrayList<String>();
    all.forEach(
        rail -> states.add(rail.path("metric").asText() + " " + rail.path("state").asText()));
    return String.join("; ", states);
  }

  private static String joined(JsonNode texts) {
    var all = new ArrayList<String>();
    texts.forEach(text -> all.add(text.asText()));
    return String.join("; ", all);
  }

  /** Numbers as they are, since a minus is no formula there; texts guarded. */
  private static String plain(JsonNode value) {
    return value.isNumber()
        ? value.decimalValue().toPlainString()
        : value.isNull() || value.isMissingNode() ? "" : UsageCsv.text(value.asText());
  }
}
