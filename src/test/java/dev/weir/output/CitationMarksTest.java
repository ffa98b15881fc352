package dev.weir.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CitationMarksTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Sales grew by a third [1].          | Sales grew by a third.
          Sales grew by a third[1][2].        | Sales grew by a third.
          Sales grew [1, 2] by a third        | Sales grew by a third
          Sales grew [1] [2], then fell [3]!  | Sales grew, then fell!
          Sales grew[1] by a third            | Sales grew by a third
          Sales grew 【2】 by a third          | Sales grew by a third
          Sales grew【1†source】 by a third    | Sales grew by a third
          Sales grew [1]and fell              | Sales grew and fell
          """)
  void areTakenOutOfProse(String text, String expected) {
    assertThat(CitationMarks.remove(text, 3)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "see [1](https://example.com) there",
        "as in [1]: the definition",
        "the code `a[1]` here",
        "items[1].name",
        "[1] a list of sources",
        "one of [4] or [99]",
        "a range [0] and [a] and [1.5] and [] and [1,]",
        "an array [1 2] here",
        "cut off [1",
        "[1]",
        ""
      })
  void whatOnlyLooksLikeOneStays(String text) {
    assertThat(CitationMarks.remove(text, 3)).isEqualTo(text);
  }

  @Test
  void aReferenceListKeepsItsNumbersOnEveryLine() {
    var text = "Sources:\n[1] the first\n  [2] the second";

    assertThat(CitationMarks.remove(text, 3)).isEqualTo(text);
  }
}
