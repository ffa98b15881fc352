package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Usd;
import dev.weir.experiments.stats.PairedMean;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EvaluationReportTest {
  private final List<Scored> items = new ArrayList<>();

  private static Scored.Side side(String word, int ms, String usd) {
    return new Scored.Side(
        word, Optional.of(Duration.ofMillis(ms)), Optional.of(Usd.of(new BigDecimal(usd))));
  }

  private static Optional<Scored.Pair> pair(double baseline, double candidate) {
    return Optional.of(new Scored.Pair(baseline, candidate));
  }

  private void item(int unit, int unitItems, Optional<Scored.Pair> exact) {
    item(items.size(), unit, unitItems, exact);
  }

  private void item(int position, int unit, int unitItems, Optional<Scored.Pair> exact) {
    items.add(
        new Scored(
            position,
            unit,
            unitItems,
            "u" + unit,
            Optional.empty(),
            side("ok", 100 * (position + 1), "0.001"),
            side("ok", 10 * (position + 1), "0.002"),
            Optional.of(position % 2 == 0),
            Map.of("exact", exact)));
  }

  private JsonNode report(int units) {
    return new EvaluationReport(List.of("exact"), units, units).of(items);
  }

  @Test
  void theUserIsTheUnitAndEachUserCountsAlike() {
    // Ann's four items: baseline 1, candidate 1/4. Bob's one: 0 and 1.
    item(0, 4, pair(1, 1));
    item(0, 4, pair(1, 0));
    item(0, 4, pair(1, 0));
    item(0, 4, pair(1, 0));
    item(1, 1, pair(0, 1));

    var line = report(2).at("/scorers/0");

    assertThat(line.path("items").asInt()).isEqualTo(5);
    assertThat(line.path("users").asInt()).isEqualTo(2);
    assertThat(line.path("baseline_mean").doubleValue()).isEqualTo(0.5);
    assertThat(line.path("candidate_mean").doubleValue()).isEqualTo(0.625);
    assertThat(line.path("difference").doubleValue()).isCloseTo(0.125, within(1e-12));
    assertThat(line.path("baseline_items_mean").doubleValue()).isEqualTo(0.8);
    assertThat(line.path("candidate_items_mean").doubleValue()).isEqualTo(0.4);
    var paired = new PairedMean(0.05, 2);
    paired.observe(1, 0.25);
    paired.observe(0, 1);
    assertThat(line.path("lower").doubleValue())
        .isCloseTo(Math.max(-1, paired.estimate().lower()), within(1e-12));
    assertThat(line.path("upper").doubleValue())
        .isCloseTo(Math.min(1, paired.estimate().upper()), within(1e-12));
    assertThat(line.path("p_value").doubleValue())
        .isCloseTo(paired.estimate().pValue(), within(1e-12));
    assertThat(line.path("finding").asText()).isEqualTo("no_difference_found");
  }

  @Test
  void figuresOfBothSidesAreTheirMediansAndMeans() {
    for (var i = 0; i < 4; i++) {
      item(i, 1, pair(1, 1));
    }

    var report = report(4);

    // 100, 200, 300, 400 and 10, 20, 30, 40.
    assertThat(report.at("/baseline/p50_ms").asLong()).isEqualTo(250);
    assertThat(report.at("/candidate/p50_ms").asLong()).isEqualTo(25);
    assertThat(report.at("/candidate/mean_cost_usd").decimalValue()).isEqualByComparingTo("0.002");
    assertThat(report.at("/agreement/share").doubleValue()).isEqualTo(0.5);
  }

  @Test
  void failuresAreCountedByCodeAndLeftOutOfLatencies() {
    item(0, 1, pair(1, 0));
    items.add(
        new Scored(
            1,
            1,
            1,
            "u1",
            Optional.empty(),
            side("ok", 100, "0.001"),
            side("TIMEOUT", 60_000, "0.004"),
            Optional.empty(),
            Map.of("exact", pair(1, 0))));

    var report = report(2);

    assertThat(report.at("/candidate/failed/TIMEOUT").asInt()).isEqualTo(1);
    assertThat(report.at("/candidate/answered").asInt()).isEqualTo(1);
    assertThat(report.at("/candidate/p50_ms").asLong()).isEqualTo(10);
    assertThat(report.at("/candidate/mean_cost_usd").decimalValue()).isEqualByComparingTo("0.003");
    assertThat(report.at("/agreement/both_answered").asInt()).isEqualTo(1);
  }

  @Test
  void anItemWithoutAScoreIsCountedAndIsNoZero() {
    item(0, 2, pair(1, 1));
    item(0, 2, Optional.empty());
    item(1, 1, Optional.empty());

    var line = report(2).at("/scorers/0");

    assertThat(line.path("without_expected").asInt()).isEqualTo(2);
    assertThat(line.path("users").asInt()).isEqualTo(1);
    assertThat(line.path("candidate_mean").doubleValue()).isEqualTo(1);
  }

  /** So many users with one judged item each; of the last ones a side has no score. */
  private JsonNode judged(int users, int withoutBaseline, int withoutCandidate) {
    for (var i = 0; i < users; i++) {
      var left = users - i;
      var pair =
          new Scored.Pair(
              left <= withoutBaseline ? Optional.empty() : Optional.of(0.7),
              left <= withoutCandidate ? Optional.empty() : Optional.of(1.0));
      items.add(
          new Scored(
              i,
              i,
              1,
              "u" + i,
              Optional.empty(),
              side("ok", 1, "0"),
              side("ok", 1, "0"),
              Optional.empty(),
              Map.of("judge:j", Optional.of(pair))));
    }
    return new EvaluationReport(List.of("judge:j"), users, 0).of(items).at("/scorers/0");
  }

  @Test
  void scoresThatAreMissingMayHaveToDoWithWhatTheyWouldBeSoNothingIsFound() {
    var line = judged(200, 3, 100);

    assertThat(line.path("finding").asText()).isEqualTo("too_much_missing");
    assertThat(line.path("missing_baseline").asInt()).isEqualTo(3);
    assertThat(line.path("missing_candidate").asInt()).isEqualTo(100);
    assertThat(line.path("without_score").asInt()).isEqualTo(100);
    assertThat(line.path("items").asInt()).isEqualTo(100);
    assertThat(line.has("difference")).isFalse();
    assertThat(line.has("p_value")).isFalse();
  }

  @Test
  void twoOfAHundredMayLackAScoreOnEitherSide() {
    assertThat(judged(200, 4, 3).path("finding").asText()).isEqualTo("better");
    items.clear();
    assertThat(judged(200, 5, 3).path("finding").asText()).isEqualTo("too_much_missing");
    items.clear();
    assertThat(judged(200, 3, 5).path("finding").asText()).isEqualTo("too_much_missing");
  }

  @Test
  void missingScoresOfMostUsersAreNotHiddenByOneWhoHasManyItems() {
    for (var i = 0; i < 1_000; i++) {
      items.add(judgedItem(0, 1_000, Optional.of(new Scored.Pair(0.5, 0.5))));
    }
    for (var user = 1; user <= 15; user++) {
      items.add(judgedItem(user, 1, Optional.empty()));
    }

    var line = new EvaluationReport(List.of("judge:j"), 16, 0).of(items).at("/scorers/0");

    assertThat(line.path("finding").asText()).isEqualTo("too_much_missing");
    assertThat(line.path("missing_candidate").asInt()).isEqualTo(15);
  }

  private Scored judgedItem(int unit, int unitItems, Optional<Scored.Pair> pair) {
    return new Scored(
        items.size(),
        unit,
        unitItems,
        "u" + unit,
        Optional.empty(),
        side("ok", 1, "0"),
        side("ok", 1, "0"),
        Optional.empty(),
        Map.of("judge:j", pair));
  }

  @Test
  void itemsThatWereDeletedBeforeTheirTurnLackNoScore() {
    for (var i = 0; i < 50; i++) {
      items.add(judgedItem(i, 1, Optional.of(new Scored.Pair(0, 1))));
    }
    for (var i = 50; i < 60; i++) {
      items.add(
          new Scored(
              i,
              i,
              1,
              "u" + i,
              Optional.empty(),
              side("gone", 0, "0"),
              side("gone", 0, "0"),
              Optional.empty(),
              Map.of()));
    }

    var line = new EvaluationReport(List.of("judge:j"), 60, 0).of(items).at("/scorers/0");

    assertThat(line.path("finding").asText()).isEqualTo("better");
    assertThat(line.path("without_score").asInt()).isZero();
  }

  @Test
  void ofOneThatStoppedEarlyOnlyUsersBeforeTheFirstGapCount() {
    item(0, 0, 1, pair(1, 0));
    item(1, 1, 2, pair(1, 0));
    // Position 2, the second of user 1, is missing: neither user 1 nor anybody after counts.
    item(3, 2, 1, pair(1, 1));
    item(4, 3, 1, pair(1, 1));

    var report = report(4);

    assertThat(report.path("items").asInt()).isEqualTo(1);
    assertThat(report.path("left_out").asInt()).isEqualTo(3);
    assertThat(report.at("/scorers/0/candidate_mean").doubleValue()).isZero();
  }

  @Test
  void oneThatFailedFindsNothing() {
    for (var i = 0; i < 60; i++) {
      item(i, 1, pair(1, 0));
    }
    var report = new EvaluationReport(List.of("exact"), 60, 60).of(items);
    assertThat(report.at("/scorers/0/finding").asText()).isEqualTo("worse");

    EvaluationReport.findNothing(report);

    assertThat(report.at("/scorers/0").has("finding")).isFalse();
    assertThat(report.at("/scorers/0").has("candidate_mean")).isTrue();
  }

  @Test
  void ofNothingNothingIsSaid() {
    var line = report(10).at("/scorers/0");

    assertThat(line.path("users").asInt()).isZero();
    assertThat(line.has("difference")).isFalse();
    assertThat(line.has("finding")).isFalse();
  }

  @Test
  void scorersShareTheErrorAlike() {
    for (var i = 0; i < 30; i++) {
      item(i, 1, pair(0, i % 3 == 0 ? 1 : 0));
    }

    var alone = report(30).at("/scorers/0");
    var shared =
        new EvaluationReport(List.of("exact", "contains", "schema", "judge:j"), 30, 30).of(items);

    assertThat(shared.path("alpha_of_each").doubleValue()).isEqualTo(0.0125);
    assertThat(shared.at("/scorers/0/lower").doubleValue())
        .isLessThan(alone.path("lower").doubleValue());
    assertThat(alone.path("finding").asText()).isEqualTo("better");
  }
}
