package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Any value, broken by random edits of a known kind, comes back. */
class BrokenValuesTest {
  enum Break {
    TRAILING_COMMAS((s, r) -> s.replace("}", ",}").replace("]", ", ]")),
    NO_COMMAS((s, r) -> s.replace("\",\"", "\" \"").replace("},{", "}{").replace("],[", "] [")),
    SINGLE_QUOTES((s, r) -> s.replace('"', '\'')),
    SMART_QUOTES(Break::smart),
    BARE_KEYS((s, r) -> s.replaceAll("\"(key_\\w+)\":", "$1:")),
    KEYS_WITHOUT_CLOSING_QUOTE((s, r) -> s.replaceAll("\"(key_\\w+)\":\"", "\"$1:\"")),
    PYTHON_LITERALS(
        (s, r) ->
            s.replace(":true", ":True").replace(":false", ":False").replace(":null", ":None")),
    COMMENTS((s, r) -> s.replace(",\"key", ", // note\n \"key").replace("[", "[/* x */")),
    FENCED((s, r) -> "Sure, here it is:\n```json\n" + s + "\n```\nAnything else?"),
    PROSE((s, r) -> "The answer is " + s + ". I hope that helps."),
    THOUGHT((s, r) -> "<think>perhaps [1, 2]?</think>\n" + s),
    NO_END((s, r) -> s.substring(0, s.length() - 1)),
    EXTRA_CLOSERS((s, r) -> s + "}]"),
    RAW_NEWLINES((s, r) -> s.replace("\",\"key", "\"\n,\n\n\"key").replace("{", "{\n")),
    ESCAPED((s, r) -> s.replace("\\", "\\\\").replace("\"", "\\\"")),
    BYTE_ORDER_MARK((s, r) -> "\uFEFF" + s + ";"),
    DOUBLED_COMMAS((s, r) -> s.replace(",\"key", ",,\"key"));

    final BiFunction<String, Random, String> how;

    Break(BiFunction<String, Random, String> how) {
      this.how = how;
    }

    private static String smart(String s, Random random) {
      var out = new StringBuilder();
      var open = true;
      for (var c : s.toCharArray()) {
        if (c == '"') {
          out.append(open ? '\u201C' : '\u201D');
          open = !open;
        } else {
          out.append(c);
        }
      }
      return out.toString();
    }
  }

  @ParameterizedTest
  @EnumSource(Break.class)
  void comesBack(Break kind) {
    var random = new Random(kind.ordinal());
    var failures = 0;
    var first = "";
    for (var i = 0; i < 400; i++) {
      var value = Samples.object(random, 3);
      var broken = kind.how.apply(value.toString(), random);

      var repaired = JsonRepair.repair(broken);

      if (!Samples.same(value, repaired.value())) {
        failures++;
        first = first.isEmpty() ? broken + "\n -> " + repaired.value() : first;
      }
    }
    assertThat(failures).as(first).isZero();
  }

  @ParameterizedTest
  @EnumSource(Break.class)
  void comesBackFromTwoKindsAtOnce(Break kind) {
    var random = new Random(31L + kind.ordinal());
    for (var other : List.of(Break.TRAILING_COMMAS, Break.FENCED, Break.PYTHON_LITERALS)) {
      if (other == kind) {
        continue;
      }
      for (var i = 0; i < 100; i++) {
        var value = Samples.object(random, 2);
        var broken = other.how.apply(value.toString(), random);
        broken = other == Break.FENCED ? broken : kind.how.apply(broken, random);

        assertThat(Samples.same(value, JsonRepair.repair(broken).value())).as(broken).isTrue();
      }
    }
  }
}
