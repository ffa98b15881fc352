package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LikenessTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"a": 1, "b": 2}              | {"b": 2.0}             | true
          {"a": 1, "b": 2}              | {"b": 3}               | false
          {"a": 1}                      | {"b": null}            | false
          {"b": null}                   | {"b": null}            | true
          {"a": {"b": {"c": 1e0}}}      | {"a": {"b": {"c": 1}}} | true
          {"a": {"b": {"c": 1}, "d": 2}}| {"a": {"b": {"c": 1}}} | true
          {"a": [1, 2]}                 | {"a": [1, 2]}          | true
          {"a": [1, 2]}                 | {"a": [2, 1]}          | false
          {"a": [1, 2]}                 | {"a": [1]}             | false
          {"a": "the Weir"}             | {"a": "weir"}          | false
          {"a": "the Weir"}             | "weir"                 | true
          {"a": ["x", {"b": "WEIR"}]}   | "weir"                 | true
          "weir"                        | "a weir"               | false
          {"weir": 1}                   | "weir"                 | false
          {}                            | {}                     | true
          [1]                           | {}                     | false
          5                             | 5.00                   | true
          true                          | "true"                 | false
          """)
  void whatIsExpectedIsFound(String answer, String expected, boolean found) {
    assertThat(Likeness.contains(Json.parse(answer), Json.parse(expected))).isEqualTo(found);
  }

  @ParameterizedTest
  @CsvSource({
    "STRASSE, Straße, true",
    "Straße, STRASSE, true",
    "cafe\u0301, CAF\u00c9, true",
    "İstanbul, İSTANBUL, true",
    "Ω and Å, \u03c9 and \u212b, true",
    "😀 done, 😀, true",
    "👍🏽, 👍🏿, false",
    "cafe, café, false"
  })
  void neitherCaseNorTheSpellingOfAnAccentCounts(String answer, String text, boolean found) {
    assertThat(Likeness.mentions(Json.mapper().getNodeFactory().textNode(answer), text))
        .isEqualTo(found);
  }

  @Test
  void theDeepestAndTheLargestThatTheDoorsLetInAreNoTrouble() {
    JsonNode deep = Json.object().put("x", "needle");
    for (var i = 0; i < Json.MAX_DEPTH; i++) {
      deep = Json.object().set("a", deep);
    }
    var wide = Json.object();
    for (var i = 0; i < 20_000; i++) {
      wide.put("field " + i, i);
    }
    var long1 = Json.object().put("a", "ab".repeat(200_000) + "c");
    var started = System.nanoTime();

    assertThat(Likeness.contains(deep, deep)).isTrue();
    assertThat(Likeness.mentions(deep, "NEEDLE")).isTrue();
    assertThat(Likeness.contains(wide, wide)).isTrue();
    assertThat(Likeness.mentions(long1, "bc")).isTrue();

    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(20));
  }
}
