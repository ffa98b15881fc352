package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A text may be cut at any character. */
class TruncationTest {
  private static final String RICH =
      """
      {"name": "Ada \\"Countess\\" \\u00e9 \\ud83d\\ude00", "langs": ["en", "fr"], "n": -12.5e3,
       "ok": true, "no": false, "nil": null, "deep": {"a": [{"b": [[1, 2], []]}, {}]}, "e": "",
       "url": "https://x.y/z?q=1#f", "text": "a, b: c {d} [e] 'f'", "last": [1, "two", {"x": "y"}]}
      """;

  @Test
  void growsMonotonicallyOverThePrefixesOfADocument() {
    growsOver(RICH.strip());
  }

  @Test
  void growsMonotonicallyOverThePrefixesOfRandomDocuments() {
    var random = new Random(11);
    for (var i = 0; i < 150; i++) {
      growsOver(Samples.object(random, 3).toString());
    }
  }

  private static void growsOver(String text) {
    var whole = Samples.read(text);
    JsonNode before = MissingNode.getInstance();
    for (var end = 1; end <= text.length(); end++) {
      var prefix = text.substring(0, end);
      var value = JsonRepair.repair(prefix).value();
      assertThat(value.isObject()).as("%s -> %s", prefix, value).isTrue();
      assertThat(Samples.within(before, value))
          .as("%s: %s, then %s", prefix, before, value)
          .isTrue();
      assertThat(Samples.within(value, whole)).as("%s -> %s", prefix, value).isTrue();
      before = value;
    }
    assertThat(Samples.same(whole, before)).isTrue();
  }

  @Test
  void readsAPrefixOfAScalar() {
    assertThat(JsonRepair.repair("\"abc").value().textValue()).isEqualTo("abc");
    assertThat(JsonRepair.repair("12.").value().doubleValue()).isEqualTo(12.0);
    assertThat(JsonRepair.repair("fal").value().booleanValue()).isFalse();
  }
}
