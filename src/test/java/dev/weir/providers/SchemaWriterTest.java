package dev.weir.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.prompts.Schema;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaWriterTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\": \"string\", \"minLength\": 300, \"maxLength\": 310}",
        "{\"type\": \"string\", \"maxLength\": 3}",
        "{\"type\": \"string\", \"format\": \"date\"}",
        "{\"type\": \"string\", \"format\": \"date-time\"}",
        "{\"type\": \"string\", \"format\": \"time\"}",
        "{\"type\": \"string\", \"format\": \"duration\"}",
        "{\"type\": \"string\", \"format\": \"email\"}",
        "{\"type\": \"string\", \"format\": \"uri\"}",
        "{\"type\": \"string\", \"format\": \"uuid\"}",
        "{\"type\": \"string\", \"format\": \"ipv4\"}",
        "{\"type\": \"string\", \"format\": \"ipv6\"}",
        "{\"type\": \"string\", \"format\": \"hostname\"}",
        "{\"type\": \"string\", \"pattern\": \"^[a-z]+(-[a-z]+)*$\"}",
        "{\"type\": \"string\", \"pattern\": \"^#[\\\\p{L}\\\\d_]{2,20}$\"}",
        "{\"type\": \"string\", \"pattern\": \"^(19|20)\\\\d{2}-(0[1-9]|1[0-2])$\"}",
        "{\"type\": \"string\", \"pattern\": \"^[^\\\\s]+$\", \"minLength\": 12}",
        "{\"type\": \"integer\", \"minimum\": 3, \"maximum\": 4}",
        "{\"type\": \"integer\", \"exclusiveMinimum\": 3, \"exclusiveMaximum\": 5}",
        "{\"type\": \"integer\", \"maximum\": -7, \"multipleOf\": 5}",
        "{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}",
        "{\"type\": \"number\", \"exclusiveMinimum\": 0, \"multipleOf\": 0.25}",
        "{\"type\": [\"null\", \"boolean\"]}",
        "{\"const\": {\"a\": [1]}}",
        "{\"enum\": [\"a\", 2, null]}",
        "{\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"minItems\": 7}",
        "{\"type\": \"array\", \"items\": {\"type\": \"integer\"}, \"maxItems\": 1}",
        "{\"type\": \"array\", \"uniqueItems\": true, \"minItems\": 2, \"items\": {\"enum\": [1, 2,"
            + " 3]}}",
        "{\"type\": \"array\", \"prefixItems\": [{\"type\": \"string\"}, {\"type\": \"integer\"}],"
            + " \"items\": false}",
        "{\"type\": \"object\", \"minProperties\": 2, \"additionalProperties\": {\"type\":"
            + " \"integer\"}}",
        "{\"required\": [\"a\"], \"properties\": {\"a\": {\"type\": \"string\"}},"
            + " \"additionalProperties\": false}",
        "{\"allOf\": [{\"type\": \"object\", \"required\": [\"a\"], \"properties\": {\"a\":"
            + " {\"type\": \"integer\"}}}, {\"required\": [\"b\"], \"properties\": {\"b\":"
            + " {\"type\": \"null\"}}}]}",
        "{\"anyOf\": [{\"type\": \"null\"}, {\"type\": \"integer\", \"minimum\": 900}]}",
        "{\"oneOf\": [{\"type\": \"string\", \"minLength\": 40}, {\"type\": \"integer\"}]}",
      })
  void fitsTheSchema(String text) {
    var schema = Schema.of(Json.parse(text));

    for (var seed = 0; seed < 20; seed++) {
      var value =
          new SchemaWriter(schema.node(), new Words("seeds of rivers and weirs " + seed)).write();

      assertThat(schema.validate(value)).as("%s for %s", value, text).isEmpty();
    }
  }

  @Test
  void followsReferencesAndEndsRecursion() {
    var schema =
        Schema.of(
            Json.parse(
                """
                {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object",
                  "required": ["name"], "additionalProperties": false, "properties": {
                    "name": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}}}\
                """));

    var value = new SchemaWriter(schema.node(), new Words("rivers and weirs")).write();

    assertThat(schema.validate(value)).isEmpty();
    assertThat(value.toString().length()).isLessThan(1 << 20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\": \"array\", \"minItems\": 2000000000, \"items\": {\"minLength\": 2000000000}}",
        "{\"type\": \"object\", \"minProperties\": 2000000000}",
        "{\"type\": \"string\", \"minLength\": 2000000000, \"maxLength\": 2000000000}",
        "{\"allOf\": [{\"$ref\": \"#\"}, {\"$ref\": \"#\"}, {\"$ref\": \"#\"}]}",
        "{\"type\": \"string\", \"pattern\": \"(((\\\\b{900}){900}){900}){900}\"}",
        "{\"type\": \"string\", \"pattern\": \"(((a{0,900}){0,900}){0,900}){0,900}\"}",
        "{\"type\": \"string\", \"pattern\": \"a{999999999}\"}",
      })
  void isNotMadeToWorkForEverByACallersSchema(String text) {
    var value = new SchemaWriter(Json.parse(text), new Words("rivers")).write();

    assertThat(value.toString().length()).isLessThan(4_000_000);
  }

  @Test
  void takesItsWordsFromTheQuestion() {
    var schema = Json.parse("{\"type\": \"string\"}");
    var found = new HashSet<String>();
    for (var topic : new String[] {"Kafka", "sailing", "gardening", "astronomy"}) {
      found.add(new SchemaWriter(schema, new Words("All about " + topic)).write().asText());
    }

    assertThat(found).hasSize(4);
  }
}
