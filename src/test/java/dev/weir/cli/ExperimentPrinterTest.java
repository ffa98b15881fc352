package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** What an administrator reads of an experiment. */
class ExperimentPrinterTest {
  private static final String SHOWN =
      """
      {"name": "tone", "function": "letter", "status": "running", "epoch": 2, "plan": {"primary": "validity"},
       "warnings": ["The experiment 'tone' is passed by: another schema."],
       "variants": [
         {"name": "control", "control": true, "weight": 1, "users": 900, "users_closed": 700, "trials": 1000,
          "success_rate": 0.9, "avg_latency_ms": 1234.5, "avg_tokens": 567.8, "cost_usd": 1.2345678},
         {"name": "warm", "control": false, "weight": 0, "users": 910, "users_closed": 701, "trials": 1001,
          "success_rate": 0.8, "avg_latency_ms": 2345.6, "avg_tokens": 678.9, "cost_usd": 2.5,
          "switched_off_at": "2026-11-30T07:00:00.123Z", "switched_off_because": "it was slow"}],
       "evaluation": {"variants": {
         "control": {"mean": 0.9, "mean_is_biased": true},
         "warm": {"mean": 0.8, "mean_is_biased": true,
           "primary": {"effect": -0.1, "lower": -0.2, "upper": -0.05, "p_value": 0.001},
           "p95_ms": {"effect": 800.4, "lower": 400.2, "upper": 1200.9},
           "probability_to_be_best": 0.01, "expected_loss": 0.0987,
           "guardrails": [{"metric": "failed", "margin": 0.02, "state": "broken",
             "harm": {"effect": 0.1, "lower": 0.05, "upper": 0.15}}]}}}}
      """;

  private static String shown() {
    return shown(SHOWN);
  }

  private static String shown(String json) {
    var text = new StringWriter();
    try (var out = new PrintWriter(text)) {
      new ExperimentPrinter(out).show(Json.parse(json));
    }
    return text.toString();
  }

  @Test
  void twoTablesSayWhatAnArmCostAndDid() {
    var shown = shown();

    assertThat(shown)
        .containsPattern(
            "warm +701 +2346 +679 +2\\.500000 +0\\.8000 ~ +800 \\[400, 1201\\] +0\\.0987\n");
    assertThat(shown).containsPattern("control \\* +700 +12.. +568 ");
    assertThat(shown).contains("differences from control in validity");
    assertThat(shown).contains("! The experiment 'tone' is passed by");
  }

  @Test
  void guardrailsAndTheReasonForOffAreSaid() {
    assertThat(shown())
        .contains("warm is off since 2026-11-30T07:00:00: it was slow\n")
        .contains("warm, guardrail failed: broken, harm 0.100 [0.050, 0.150], margin 0.02\n");
  }

  @Test
  void whatIsNotProtectedAndWhatIsBiasedIsMarked() {
    assertThat(shown())
        .contains("BEST is not protected against looking often")
        .contains("LOSS is what is expected to be lost by this variant; it is not protected")
        .contains("~ a plain mean, biased since weights moved");
  }

  @Test
  void meansAndRatesOfAllCallsAreMarkedWhereWeightsMoved() {
    var moved = SHOWN.replace("\"success_rate\"", "\"means_are_biased\": true, \"success_rate\"");

    assertThat(shown(moved))
        .containsPattern("warm +0\\.000 +910 +1001 +0\\.8000~ +- ")
        .containsPattern("warm +701 +2346~ +679~ +2\\.500000 ");
    assertThat(shown()).doesNotContain("0.8000~").doesNotContain("2346~");
  }

  @Test
  void aTableFitsIntoAHundredColumns() {
    assertThat(shown().lines().filter(line -> line.contains("VARIANT") || line.contains("warm ")))
        .allSatisfy(line -> assertThat(line.stripTrailing()).hasSizeLessThanOrEqualTo(100));
  }
}
