package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScorerTest {
  @ParameterizedTest
  @CsvSource({
    "schema, schema, false",
    "exact, exact, true",
    "contains, contains, true",
    "contains:Dear Ada: hello, contains:Dear Ada: hello, false",
    "judge, judge:answer-judge, false",
    "judge:strict, judge:strict, false"
  })
  void isReadFromItsName(String text, String name, boolean needsExpected) {
    var scorer = Scorer.parse(text);

    assertThat(scorer.name()).isEqualTo(name);
    assertThat(scorer.needsExpected()).isEqualTo(needsExpected);
    assertThat(Scorer.parse(name)).isEqualTo(scorer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "taste", "Schema", "schema:x", "exact:", "contains:", "judge: ", ":x"})
  void anythingElseIsToldWithWhatThereIs(String text) {
    assertThatThrownBy(() -> Scorer.parse(text))
        .isInstanceOf(AIError.class)
        .hasMessageContaining("schema, exact, contains");
  }

  @Test
  void aTextToLookForIsBounded() {
    assertThat(Scorer.parse("contains:" + "x".repeat(1_000)).needsExpected()).isFalse();
    assertThatThrownBy(() -> Scorer.parse("contains:" + "x".repeat(1_001)))
        .isInstanceOf(AIError.class);
  }
}
