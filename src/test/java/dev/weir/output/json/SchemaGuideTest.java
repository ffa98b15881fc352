package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaGuideTest {
  private static Repaired guided(String text, String schema) {
    return JsonRepair.repair(text, Options.DEFAULTS.withSchema(Samples.read(schema)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"3\"|{\"type\":\"integer\"}|3",
        "\" 3.5 \"|{\"type\":\"number\"}|3.5",
        "\"true\"|{\"type\":\"boolean\"}|true",
        "\"False\"|{\"type\":\"boolean\"}|false",
        "7|{\"type\":\"string\"}|\"7\"",
        "\"x\"|{\"type\":\"array\",\"items\":{\"type\":\"string\"}}|[\"x\"]",
        "\"3\"|{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}|[3]",
        "[\"x\"]|{\"type\":\"string\"}|\"x\"",
        "{\"a\":1}|{\"type\":\"array\"}|[{\"a\":1}]",
        "\"{\\\"a\\\":"
            + " '1',}\"|{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}|{\"a\":1}",
        "\"null\"|{\"type\":[\"integer\",\"null\"]}|null",
        "\"HIGH\"|{\"enum\":[\"low\",\"high\"]}|\"high\"",
        "{}|{\"required\":[\"n\"],\"properties\":{\"n\":{\"type\":\"integer\",\"default\":5}}}|{\"n\":5}",
        "{\"a\":1,\"x\":2}|{\"properties\":{\"a\":{}},\"additionalProperties\":false}|{\"a\":1}",
        "{\"n\":\"\"}|{\"properties\":{\"n\":{\"type\":\"integer\",\"default\":1}}}|{\"n\":1}",
        "{\"n\":{\"m\":\"4\"}}|{\"$defs\":{\"n\":{\"properties\":{\"m\":{\"type\":\"integer\"}}}},\"properties\":{\"n\":{\"$ref\":\"#/$defs/n\"}}}|{\"n\":{\"m\":4}}"
      })
  void coercesWhatHasOneMeaning(String text, String schema, String expected) {
    var repaired = guided(text, schema);

    assertThat(repaired.value().toString()).isEqualTo(expected);
    assertThat(repaired.edits()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"2024-01-31\"|{\"type\":\"string\",\"format\":\"date\"}",
        "\"31/01/2024\"|{\"type\":\"string\",\"format\":\"date\"}",
        "\"three\"|{\"type\":\"integer\"}",
        "3.7|{\"type\":\"integer\"}",
        "3.0|{\"type\":\"integer\"}",
        "1|{\"type\":\"boolean\"}",
        "\"a, b\"|{\"type\":\"object\"}",
        "{}|{\"required\":[\"n\"],\"properties\":{\"n\":{\"type\":\"integer\"}}}",
        "{}|{\"properties\":{\"n\":{\"type\":\"integer\",\"default\":5}}}",
        "{\"a\":1,\"x\":2}|{\"properties\":{\"a\":{}}}",
        "5|{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}",
        "true|true"
      })
  void leavesWhatIsAmbiguousOrFits(String text, String schema) {
    assertThat(guided(text, schema).untouched()).isTrue();
  }

  @Test
  void choosesTheAlternativeThatFits() {
    var schema =
        """
        {"oneOf": [
          {"type": "object", "required": ["kind", "radius"], "additionalProperties": false,
           "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}},
          {"type": "object", "required": ["kind", "side"], "additionalProperties": false,
           "properties": {"kind": {"const": "square"}, "side": {"type": "number"}}}]}
        """;

    var repaired = guided("{\"kind\": \"square\", \"side\": \"2\"}", schema);

    assertThat(repaired.value().toString()).isEqualTo("{\"kind\":\"square\",\"side\":2}");
    assertThat(repaired.counts()).containsKeys(Edit.Kind.CHOSEN, Edit.Kind.COERCED);
  }

  @Test
  void choosesTheDocumentThatFits() {
    var schema = "{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{\"name\":{}}}";

    var repaired = guided("Example: {\"x\": 1}. Answer: {\"name\": \"Ada\"} [3, 4]", schema);

    assertThat(repaired.value().toString()).isEqualTo("{\"name\":\"Ada\"}");
  }

  @Test
  void saysWhereEachCoercionWas() {
    var schema =
        "{\"properties\":{\"a/b\":{\"items\":{\"properties\":{\"n\":{\"type\":\"integer\"}}}}}}";

    var repaired = guided("{\"a/b\": [{\"n\": 1}, {\"n\": \"2\"}]}", schema);

    assertThat(repaired.edits())
        .singleElement()
        .satisfies(edit -> assertThat(edit.path()).isEqualTo("/a~1b/1/n"));
  }

  @Test
  void staysBoundedOnSchemasThatBranchWithoutEnd() {
    var schema =
        "{\"anyOf\":[{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"b\"]},"
            + "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"c\"]},"
            + "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"d\"]}]}";
    var text = "{\"a\":".repeat(100) + "1" + "}".repeat(100);

    assertThat(guided(text, schema).found()).isTrue();
  }
}
