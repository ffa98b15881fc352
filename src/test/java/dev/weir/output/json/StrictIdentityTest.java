package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The JSONTestSuite's idea: what must be accepted is unchanged, what must not has an answer. */
class StrictIdentityTest {
  private static final ObjectMapper EXACT =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  static final List<String> VALID =
      List.of(
          "{}",
          "[]",
          "null",
          "true",
          "false",
          "0",
          "-0",
          "-1",
          "1.5",
          "1e5",
          "1E+2",
          "1e-2",
          "0.1e1",
          "\"\"",
          "\"a\"",
          "\" \"",
          "[[]]",
          "[{}]",
          "{\"\":0}",
          "{\"a\":\"b\",\"a\":\"c\"}",
          "  [1]  ",
          "\t{\"a\" : [ ] }\r\n",
          "[1,\n2]",
          "\"\\u0041\\n\\\\\\/\\\"\"",
          "\"\\ud834\\udd1e\"",
          "\"\u2028\u2029\"",
          "\"\uFEFF\"",
          "\"\\u0000\"",
          "\"asd \"",
          "[123456789012345678901234567890]",
          "[0.1234567890123456789012345678901]",
          "[1e400,-1e-400]",
          "[9007199254740993]",
          "[1.7976931348623157e308]",
          "\"[1]\"",
          "{\"a\":\"text [1] and {\\\"b\\\": 2}\"}",
          "\"{\\\"a\\\": 1}\"",
          "\"```json {} ```\"",
          "{\"a\":{\"b\":{\"c\":[[[1]]]}}}",
          "[\"<think>\",\"// no\",\"# no\"]",
          "\"\\uD800\"");

  static final List<String> INVALID =
      List.of(
          "",
          " ",
          "[1 true]",
          "[a]",
          "[\"\": 1]",
          "[\"\"],",
          "[,1]",
          "[1,,2]",
          "[\"x\"]]",
          "[\"\",]",
          "[\"x\"",
          "[x",
          "[3[4]]",
          "[1:2]",
          "[,]",
          "[-]",
          "[   , \"\"]",
          "[1,",
          "[1,]",
          "[1,,]",
          "[*]",
          "[\"a",
          "[\"a\",\n4\n,1,",
          "[{}",
          "[fals]",
          "[nul]",
          "[tru]",
          "[++1234]",
          "[+1]",
          "[+Inf]",
          "[-01]",
          "[-1.0.]",
          "[-2.]",
          "[-NaN]",
          "[.-1]",
          "[.2e-3]",
          "[0.1.2]",
          "[0.3e+]",
          "[0.e1]",
          "[0E]",
          "[1.0e]",
          "[1 000.0]",
          "[1eE2]",
          "[2.e3]",
          "[Inf]",
          "[NaN]",
          "[Infinity]",
          "[0x1]",
          "[1+2]",
          "[-012]",
          "[.123]",
          "[1.2a-3]",
          "{\"x\", null}",
          "[\"x\", truth]",
          "{[: \"x\"}",
          "{\"x\"::\"b\"}",
          "{\"a\":\"a\" 123}",
          "{key: 'value'}",
          "{\"a\" b}",
          "{:\"b\"}",
          "{\"a\" \"b\"}",
          "{\"a\":",
          "{\"a\"",
          "{1:1}",
          "{9999E9999:1}",
          "{null:null,null:null}",
          "{\"id\":0,,,,,}",
          "{'a':0}",
          "{\"id\":0,}",
          "{\"a\":\"b\"}/**/",
          "{\"a\":\"b\"}/**//",
          "{\"a\":\"b\"}//",
          "{\"a\":\"b\"}/",
          "{\"a\":\"b\",,\"c\":\"d\"}",
          "{a: \"b\"}",
          "{\"a\":\"a",
          "{ \"foo\" : \"bar\", \"a\" }",
          "{\"a\":\"b\"}#",
          "[\"\\uD800\\\"]",
          "[\"\\x00\"]",
          "[\"\\\\\\\"]",
          "[\"\\ud83d\\",
          "[\"\\u00A\"]",
          "[\"\\a\"]",
          "[\"\\uqqqq\"]",
          "[\\n]",
          "['single quote']",
          "abc",
          "[\"a\u0000a\"]",
          "[\"new\nline\"]",
          "[\"\t\"]",
          "\"\\UA66D\"",
          "<.>",
          "[<null>]",
          "[1]x",
          "[1]]",
          "[\"asd]",
          "[True]",
          "1]",
          "{\"x\": true,",
          "[][]",
          "]",
          "{}}",
          "{\"\":",
          "{\"a\":/*comment*/\"b\"",
          "{\"a\": true} \"x\"",
          "['",
          "[,",
          "[{",
          "[\"a",
          "{",
          "{]",
          "{,",
          "{[",
          "{\"a",
          "{'a'",
          "[\"\\{[\"\\{[\"\\{[\"\\{",
          "\u00e9",
          "*",
          "{\"a\":\"b\"}#{}",
          "[\\u000A\"\"]",
          "\"asd\"asd",
          "[\u2060]",
          "\\u0020",
          "[\u000c]",
          "\u0000");

  @ParameterizedTest
  @FieldSource("VALID")
  void leavesValidTextAsItIs(String json) throws Exception {
    var repaired = JsonRepair.repair(json);

    assertThat(repaired.edits()).isEmpty();
    assertThat(repaired.confidence()).isEqualTo(Confidence.EXACT);
    assertThat(Samples.same(EXACT.readTree(json), repaired.value())).isTrue();
  }

  @ParameterizedTest
  @FieldSource("INVALID")
  void answersOnInvalidText(String text) {
    var repaired = JsonRepair.repair(text);

    assertThat(repaired.confidence()).isNotEqualTo(Confidence.EXACT);
    if (repaired.found()) {
      assertThat(repaired.edits()).isNotEmpty();
      assertThatCode(() -> EXACT.readTree(repaired.value().toString())).doesNotThrowAnyException();
    } else {
      assertThat(repaired.value().isMissingNode()).isTrue();
    }
  }

  @Test
  void leavesRandomValuesAsTheyAre() throws Exception {
    var random = new Random(7);
    for (var i = 0; i < 2_000; i++) {
      var value = Samples.value(random, 4);
      var text = i % 2 == 0 ? value.toString() : value.toPrettyString();

      var repaired = JsonRepair.repair(text);

      assertThat(repaired.untouched()).as(text).isTrue();
      assertThat(Samples.same(EXACT.readTree(text), repaired.value())).as(text).isTrue();
    }
  }

  @Test
  void followsTheDeclaredPolicyForDuplicateKeys() {
    var text = "{\"a\": 1, \"a\": 2}";
    var first = Options.DEFAULTS.withDuplicateKeys(Options.DuplicateKeys.FIRST);

    assertThat(JsonRepair.repair(text).value().get("a").intValue()).isEqualTo(2);
    assertThat(JsonRepair.repair(text, first).value().get("a").intValue()).isEqualTo(1);
  }

  @Test
  void keepsNestingUpToTheCap() {
    var deep = "[".repeat(1000) + "]".repeat(1000);
    var deeper = "[".repeat(1001) + "1" + "]".repeat(1001);

    assertThat(JsonRepair.repair(deep).untouched()).isTrue();
    assertThat(JsonRepair.repair(deeper).counts()).containsKey(Edit.Kind.TOO_DEEP);
  }
}
