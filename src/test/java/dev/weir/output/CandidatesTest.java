package dev.weir.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CandidatesTest {
  @Test
  void standBetweenABracketAndTheOneThatClosesIt() {
    assertThat(Candidates.in("Here: {\"a\": [1, 2]} and [true], that is all."))
        .containsExactly("{\"a\": [1, 2]}", "[true]");
  }

  @Test
  void bracketsInsideStringsAreText() {
    assertThat(Candidates.in("x {\"a\": \"}]\\\"}\"} y")).containsExactly("{\"a\": \"}]\\\"}\"}");
  }

  @Test
  void citationMarksAreNone() {
    assertThat(Candidates.in("It grew [1][2, 3]: {\"a\": 1}")).containsExactly("{\"a\": 1}");
  }

  @Test
  void whatIsNeverClosedIsLeftToTheRepair() {
    assertThat(Candidates.in("{\"a\": [1, 2")).isEmpty();
  }

  @Test
  void aWrongCloserGivesUpWhatItCloses() {
    assertThat(Candidates.in("{[} {\"a\": 1}")).containsExactly("{\"a\": 1}");
  }

  @Test
  void onlyTheLongestAreKept() {
    var text = "{\"a\":1}".repeat(100) + "{\"long\": \"one\"}" + "{\"a\":1}".repeat(100);

    assertThat(Candidates.in(text)).hasSizeLessThanOrEqualTo(16).contains("{\"long\": \"one\"}");
  }
}
