package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CitationsTest {
  private static final Options CLEAN = Options.DEFAULTS.withoutCitations(20);

  private static Repaired clean(String text) {
    return JsonRepair.repair(
        JsonNodeFactory.instance.objectNode().put("t", text).toString(), CLEAN);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Revenue grew 5%[1].|Revenue grew 5%.",
        "Revenue grew[1][2].|Revenue grew.",
        "Revenue grew [1, 2], then fell [3].|Revenue grew, then fell.",
        "It is so.[2][3] And so.|It is so. And so.",
        "One [1] two|One two",
        "增长了【1】。|增长了。",
        "It grew【4†source】.|It grew.",
        "It grew［2］.|It grew.",
        "A range [1-3] of them.|A range of them.",
        "In (2020) [7]|In (2020)",
        "the end [1] [2]|the end"
      })
  void takesMarksOut(String before, String after) {
    assertThat(clean(before).value().get("t").textValue()).isEqualTo(after);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "use `a[1]` here",
        "```\nx[1]\n```",
        "a link [1](https://x.y) here",
        "[1]: https://x.y",
        "[1, 2, 3]",
        "x = [1, 2]",
        "call f([1])",
        "items[0] is first",
        "arr_x[1] is second",
        "myList[2] is third",
        "rows[1] = 5",
        "a[1].name",
        "see [note] and [x1]",
        "the year [1999] stays",
        "a matrix [[1], [2]]",
        "values: [1, 2]",
        "no marks"
      })
  void leavesWhatIsNoMark(String text) {
    var repaired = clean(text);

    assertThat(repaired.value().get("t").textValue()).isEqualTo(text);
    assertThat(repaired.citations()).isEmpty();
  }

  @Test
  void returnsMarksWithTheirPlaces() {
    var repaired =
        JsonRepair.repair("{\"a\": [\"x\", \"It grew [1, 3] fast[2].\"], \"n\": [1, 2]}", CLEAN);

    assertThat(repaired.value().toString())
        .isEqualTo("{\"a\":[\"x\",\"It grew fast.\"],\"n\":[1,2]}");
    assertThat(repaired.citations())
        .containsExactly(
            new Citation("/a/1", 7, List.of(1, 3), "[1, 3]"),
            new Citation("/a/1", 12, List.of(2), "[2]"));
  }

  @Test
  void keepsMarksThatTheSchemaAsksForAndThoseBeyondTheSources() {
    var schema =
        Samples.read(
            "{\"properties\":{\"t\":{\"type\":\"string\",\"pattern\":\"\\\\[\\\\d+\\\\]\"}}}");
    var text = "{\"t\": \"It grew [1].\", \"u\": \"It fell [21] [2].\"}";

    var repaired = JsonRepair.repair(text, CLEAN.withSchema(schema));

    assertThat(repaired.value().toString())
        .isEqualTo("{\"t\":\"It grew [1].\",\"u\":\"It fell [21].\"}");
  }

  @Test
  void areKeptByDefault() {
    assertThat(JsonRepair.repair("{\"t\": \"It grew [1].\"}").untouched()).isTrue();
  }
}
