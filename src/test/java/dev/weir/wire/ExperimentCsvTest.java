package dev.weir.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExperimentCsvTest {
  private static final String SHOWN =
      """
      {"name": "tone", "plan": {"primary": "validity", "alpha": 0.05}, "passed_by": null, "warnings": [],
       "variants": [
         {"name": "control", "control": true, "weight": 1, "users": 900, "avg_latency_ms": 1234.5,
          "means_are_biased": false},
         {"name": "warm", "control": false, "weight": 1, "users": 910, "avg_latency_ms": 2345.6,
          "means_are_biased": true}],
       "evaluation": {"at": "2026-11-30T07:00:00Z", "variants": {
         "control": {"mean": 0.9, "mean_is_biased": false},
         "warm": {"mean": 0.8, "mean_is_biased": true,
           "primary": {"effect": -0.1, "lower": -0.2, "upper": -0.05, "p_value": 0.001, "validity": "anytime"},
           "cost_per_success_usd": {"effect": 0.001, "lower": null, "upper": 0.004,
             "validity": "anytime_asymptotic"},
           "p95_ms": {"effect": 800.4, "lower": 400.2, "upper": 1200.9, "validity": "anytime"},
           "probability_to_be_best": 0.01, "expected_loss": 0.0987, "standing_validity": "unprotected",
           "guardrails": [{"metric": "failed", "state": "broken"}]}}}}
      """;

  @Test
  void whatMayBeBelievedStandsBesideEveryFigure() {
    var warm = row(Json.parse(SHOWN).deepCopy(), 2);

    assertThat(warm)
        .containsEntry("primary_validity", "anytime")
        .containsEntry("p95_ms_validity", "anytime")
        .containsEntry("cost_per_success_validity", "anytime_asymptotic")
        .containsEntry("probability_to_be_best", "0.01")
        .containsEntry("expected_loss", "0.0987")
        .containsEntry("standing_validity", "unprotected")
        .containsEntry("mean_is_biased", "true")
        .containsEntry("means_are_biased", "true")
        .containsEntry("cost_per_success_effect", "0.001")
        .containsEntry("cost_per_success_lower", "")
        .containsEntry("cost_per_success_upper", "0.004")
        .containsEntry("guardrails", "failed broken");
  }

  @Test
  void aFigureThatIsNotThereHasNoMarkEither() {
    var control = row(Json.parse(SHOWN).deepCopy(), 1);

    assertThat(control)
        .containsEntry("standing_validity", "")
        .containsEntry("primary_validity", "")
        .containsEntry("p95_ms_validity", "")
        .containsEntry("means_are_biased", "false");
  }

  @Test
  void warningsAndAnExperimentThatIsPassedByAreTold() {
    ObjectNode shown = Json.parse(SHOWN).deepCopy();
    shown.put("passed_by", "the function is not served any more");
    shown.putArray("warnings").add("one warning.").add("=another");

    assertThat(row(shown, 1))
        .containsEntry("passed_by", "the function is not served any more")
        .containsEntry("warnings", "one warning.; =another");
    assertThat(row(shown, 2)).containsEntry("warnings", "one warning.; =another");
  }

  /** The cells of a line by their names; none of these has a comma. */
  private static Map<String, String> row(ObjectNode experiment, int line) {
    var lines = ExperimentCsv.of(experiment).toString().split("\r\n", -1);
    var names = lines[0].split(",", -1);
    var cells = lines[line].split(",", -1);
    assertThat(cells).hasSameSizeAs(names);
    var row = new HashMap<String, String>();
    for (var i = 0; i < names.length; i++) {
      assertThat(row.put(names[i], cells[i])).as("a name stands once: " + names[i]).isNull();
    }
    return row;
  }
}
