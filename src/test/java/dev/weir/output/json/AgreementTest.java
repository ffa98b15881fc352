package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The two corpora: broken texts with the value that Python's json_repair gives (facts of its public
 * tests), and texts of this project's own, labelled by the kind of mistake.
 */
class AgreementTest {
  /** Where this project decided otherwise; docs/json-repair.md says why. */
  private static final int DELIBERATE = 6;

  @Test
  void agreesWithJsonRepairOnAllButTheDeliberateDifferences() {
    var samples = Samples.of("agreement.jsonl");

    var agreed =
        samples.stream()
            .filter(s -> Samples.same(s.value(), JsonRepair.repair(s.input()).value()))
            .count();

    assertThat(samples).hasSizeGreaterThanOrEqualTo(174);
    assertThat(agreed).isGreaterThanOrEqualTo(samples.size() - DELIBERATE);
  }

  @TestFactory
  Stream<DynamicTest> repairsEachKindOfMistake() {
    return Samples.of("mistakes.jsonl").stream()
        .map(
            sample ->
                DynamicTest.dynamicTest(
                    sample.kind() + ": " + sample.input(),
                    () -> {
                      var repaired = JsonRepair.repair(sample.input());

                      assertThat(Samples.same(sample.value(), repaired.value()))
                          .as("expected %s, got %s", sample.value(), repaired.value())
                          .isTrue();
                      assertThat(repaired.edits()).isNotEmpty();
                      assertThat(repaired.confidence()).isNotEqualTo(Confidence.EXACT);
                    }));
  }

  @Test
  void labelsEditsWithTheKindOfTheMistake() {
    var named =
        Samples.of("mistakes.jsonl").stream()
            .filter(
                s ->
                    JsonRepair.repair(s.input()).edits().stream()
                        .anyMatch(e -> e.kind().label().equals(s.kind())))
            .count();

    assertThat(named).isGreaterThanOrEqualTo(Samples.of("mistakes.jsonl").size() * 8L / 10);
  }
}
