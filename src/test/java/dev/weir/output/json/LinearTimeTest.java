package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A repair looks ahead a bounded number of times per character, whatever the text: the looks are
 * counted, so that no clock is needed.
 */
class LinearTimeTest {
  private static final int LENGTH = 1 << 20;
  private static final long LOOKS_PER_CHARACTER = 64;

  private static final List<String> UNITS =
      List.of(
          "[",
          "{",
          "(",
          "\"",
          "\\",
          "/*",
          "//",
          "#",
          "'",
          "\u201C",
          "`",
          "```",
          "{\"",
          "[\"",
          "{\"a\":",
          "{\"a\":\"",
          "[{",
          "{a,",
          "\",",
          "\":",
          "\",\"",
          ":",
          "]",
          "}",
          "][",
          "}{",
          "...",
          "+",
          "-",
          "1,",
          "a ",
          "\n",
          " ",
          "\\\"",
          "{\\\"",
          "<",
          "<think>",
          "{\"a\":1}",
          "[1],",
          "[\"a \"b\" ",
          "{\"a\":\"x, ",
          "{\"a\":\"x} ",
          "{\"k\":[1],[2],",
          "(\n",
          "(\n)x",
          "\"\"",
          "\"\"\"",
          "{\"a\":\"```json",
          "{\"a\":\"}``` [",
          "{'a','b',",
          "x\" , /* ",
          "{\"a\":1,\"a\":2,",
          "1:",
          "{\"x\":\"a, {\"k\": 1}, ",
          "{\"a\":\"b\"+",
          "`a`:",
          "{\"a\":b\nc",
          "{\"a\":'it's ",
          "\ud800");
  private static final List<String> HEADS = List.of("", "{\"a\":\"", "[\"", "{\"a\":{\"b\":'");

  @Test
  void looksAheadABoundedNumberOfTimesPerCharacter() {
    for (var head : HEADS) {
      for (var unit : UNITS) {
        var chars = (head + unit.repeat(LENGTH / 8 / unit.length())).toCharArray();
        var text = new Text(chars, chars.length);

        var found = new DocumentFinder(text, Options.DEFAULTS, new Edits(10), 0).all();

        assertThat(found.size()).isLessThanOrEqualTo(chars.length);
        assertThat(text.looks)
            .as(head + unit)
            .isLessThan(LOOKS_PER_CHARACTER * chars.length + 10_000);
      }
    }
  }

  @Test
  void survivesAMegabyteOfAnything() {
    for (var unit : List.of("[", "\"", "\\", "/*", "{\"a\":", "][", "{\"a\":\"x, ")) {
      var repaired = JsonRepair.repair(unit.repeat(LENGTH / unit.length()));

      assertThat(repaired.edits().size()).isLessThanOrEqualTo(Options.DEFAULTS.maxEdits());
    }
  }

  @Test
  void cutsATextThatIsLongerThanItsLimit() {
    var repaired = JsonRepair.repair("[1, 2, 3, 4, 5]", Options.DEFAULTS.withLimits(10, 8, 10));

    assertThat(repaired.value().toString()).isEqualTo("[1,2,3]");
    assertThat(repaired.counts()).containsKey(Edit.Kind.TRUNCATED);
  }
}
