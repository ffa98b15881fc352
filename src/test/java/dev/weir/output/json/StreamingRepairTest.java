package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StreamingRepairTest {
  @Test
  void showsWhatHasArrived() {
    var stream = new StreamingRepair(Options.DEFAULTS);

    assertThat(stream.feed("{\"name\": \"Ad").toString()).isEqualTo("{\"name\":\"Ad\"}");
    assertThat(stream.feed("a\", \"langs\": [1").toString())
        .isEqualTo("{\"name\":\"Ada\",\"langs\":[]}");
    assertThat(stream.feed("2]}").toString()).isEqualTo("{\"name\":\"Ada\",\"langs\":[12]}");
    assertThat(stream.complete()).isTrue();
    assertThat(stream.finish().untouched()).isTrue();
  }

  @Test
  void growsMonotonicallyHoweverTheTextIsCut() {
    var random = new Random(5);
    for (var i = 0; i < 300; i++) {
      var value = Samples.object(random, 4);
      var text =
          i % 2 == 0 ? value.toString() : "Here:\n```json\n" + value.toPrettyString() + "\n```";
      var stream = new StreamingRepair(Options.DEFAULTS);
      JsonNode before = MissingNode.getInstance();
      for (var at = 0; at < text.length(); ) {
        var end = Math.min(text.length(), at + 1 + random.nextInt(i % 3 == 0 ? 1 : 40));
        JsonNode after = stream.feed(text.substring(at, end)).deepCopy();

        assertThat(Samples.within(before, after)).as("%s then %s", before, after).isTrue();
        assertThat(Samples.within(after, value)).as("%s in %s", after, value).isTrue();
        before = after;
        at = end;
      }
      assertThat(stream.complete()).isTrue();
      assertThat(Samples.same(value, before)).isTrue();
      assertThat(Samples.same(value, stream.finish().value())).isTrue();
    }
  }

  @Test
  void toleratesTheCommonMistakesOnTheWay() {
    var stream = new StreamingRepair(Options.DEFAULTS);

    var text =
        "<think>[1] {</think> see [1]: {'a': 'it's', b: [1, 2,], // note\n"
            + " \"c\": \"say \"hi\" now\", }";
    for (var c : text.toCharArray()) {
      stream.feed(String.valueOf(c));
    }

    assertThat(stream.value().toString())
        .isEqualTo("{\"a\":\"it's\",\"b\":[1,2],\"c\":\"say \\\"hi\\\" now\"}");
  }

  @Test
  void tellsWhetherAnythingChanged() {
    var stream = new StreamingRepair(Options.DEFAULTS);
    stream.feed("{\"a\": [1, ");
    var before = stream.version();

    stream.feed("  2");
    assertThat(stream.version()).isEqualTo(before);
    stream.feed(",");
    assertThat(stream.version()).isGreaterThan(before);
  }

  @Test
  void survivesAnything() {
    var random = new Random(3);
    var alphabet = "{}[]\"'\\,:/*#<>a1.-nt\n \u201C";
    for (var i = 0; i < 3_000; i++) {
      var stream = new StreamingRepair(Options.DEFAULTS.withLimits(20, 500, 10));
      for (var k = 0; k < 60; k++) {
        stream.feed(String.valueOf(alphabet.charAt(random.nextInt(alphabet.length()))));
      }
      assertThat(stream.value()).isNotNull();
      assertThat(stream.finish()).isNotNull();
    }
  }
}
