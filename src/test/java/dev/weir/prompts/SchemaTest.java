package dev.weir.prompts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.weir.core.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaTest {
  private static JsonNode json(String relaxed) {
    return Json.parse(relaxed.replace('\'', '"'));
  }

  private static Schema schema(String relaxed) {
    return Schema.of(json(relaxed));
  }

  @Test
  void acceptsWhatFits() {
    var schema = schema("{'type':'object','properties':{'a':{'type':'string'}},'required':['a']}");

    assertThat(schema.validate(json("{'a':'x'}"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          {'type':'string'} | 5 | $ must be a string, not a number
          {'type':['string','null']} | [] | $ must be a string or null, not a list
          {'type':'object','required':['title']} | {} | $.title is missing; it is required
          {'properties':{'title':{}},'additionalProperties':false} | {'titel':1} | $.titel is not a field here; did you mean `title`?
          {'properties':{'a':{'$ref':'#/$defs/b'}},'$defs':{'b':{'properties':{'name':{}},'additionalProperties':false}}} | {'a':{'nane':1}} | $.a.nane is not a field here; did you mean `name`?
          {'items':{'enum':['en','de']}} | ['en','fr'] | $[1] must be one of "en", "de"
          {'const':3} | 4 | $ must be 3
          {'minLength':3} | 'ab' | $ must have at least 3 characters, not 2
          {'maxLength':1} | 'ab' | $ must have at most 1 character, not 2
          {'minItems':1} | [] | $ must have at least 1 item, not 0
          {'maxItems':1} | [1,2] | $ must have at most 1 item, not 2
          {'maxProperties':1} | {'a':1,'b':2} | $ must have at most 1 field, not 2
          {'uniqueItems':true} | [1,1] | $ must not have the same item twice
          {'minimum':1} | 0 | $ must be at least 1
          {'maximum':1} | 2 | $ must be at most 1
          {'exclusiveMinimum':1} | 1 | $ must be more than 1
          {'exclusiveMaximum':1} | 1 | $ must be less than 1
          {'multipleOf':2} | 3 | $ must be a multiple of 2
          {'pattern':'^[a-z]+$'} | 'A' | $ must match the pattern "^[a-z]+$"
          {'format':'date'} | '24.11.2026' | $ must be a date such as 2026-11-24
          {'format':'email'} | 'nobody' | $ must be an email address
          {'format':'uri'} | 'not an address' | $ must be a full address such as https://example.com/a
          {'not':{'type':'string'}} | 'a' | $ has a shape that is not allowed
          {'dependentRequired':{'a':['b']}} | {'a':1} | $ lacks a field that another of its fields requires
          {'properties':{'a':false}} | {'a':1} | $.a is not allowed
          """)
  void saysWhatIsWrongAndWhatWouldBeRight(String schema, String value, String expected) {
    assertThat(schema(schema).validate(json(value)))
        .extracting(Violation::toString)
        .containsExactly(expected);
  }

  @Test
  void neverRepeatsTheValueOrALongName() {
    var secret = "s3cret".repeat(2000);
    var schema =
        schema(
            "{'properties':{'a':{'type':'integer'},'b':{'enum':['x']},'c':{'pattern':'^x$'}},"
                + "'additionalProperties':false}");
    var value = Json.object().put("a", secret).put("b", secret).put("c", secret).put(secret, 1);

    var violations = schema.validate(value);

    assertThat(violations).hasSize(4);
    assertThat(violations).allSatisfy(v -> assertThat(v.toString()).hasSizeLessThan(200));
    assertThat(violations.subList(0, 3))
        .allSatisfy(v -> assertThat(v.toString()).doesNotContain("s3cret"));
  }

  @Test
  void reportsTwentyViolationsOfAMillion() {
    var list = JsonNodeFactory.instance.arrayNode();
    for (var i = 0; i < 1_000_000; i++) {
      list.add(i);
    }

    assertThat(schema("{'items':{'type':'string'}}").validate(list)).hasSize(20);
  }

  @Test
  void keepsTheVerdictOfBranchesWithManyErrors() {
    var schema = schema("{'anyOf':[{'items':{'type':'string'}},{'items':{'type':'integer'}}]}");
    var list = JsonNodeFactory.instance.arrayNode();
    for (var i = 0; i < 100; i++) {
      list.add(i);
    }

    assertThat(schema.validate(list)).isEmpty();
    assertThat(schema.validate(list.deepCopy().add(true))).isNotEmpty();
  }

  @Test
  void matchesPatternsInLinearTime() {
    var schema = schema("{'pattern':'^(a+)+$','patternProperties':{'^(b|b)*$':{'type':'string'}}}");

    assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () -> {
          assertThat(schema.validate(json("'" + "a".repeat(100_000) + "!'"))).hasSize(1);
          assertThat(schema.validate(json("{'" + "b".repeat(10_000) + "!':1}"))).isEmpty();
        });
  }

  @Test
  void findsAPatternAnywhereUnlessItIsAnchored() {
    assertThat(schema("{'pattern':'b'}").validate(json("'abc'"))).isEmpty();
    assertThat(schema("{'pattern':'^b'}").validate(json("'abc'"))).hasSize(1);
  }

  @Test
  void followsRecursionDownTheValue() {
    var tree = schema("{'properties':{'kids':{'items':{'$ref':'#'}},'n':{'type':'integer'}}}");

    assertThat(tree.validate(json("{'n':1,'kids':[{'n':2,'kids':[{'n':'x'}]}]}")))
        .extracting(Violation::path)
        .containsExactly("$.kids[0].kids[0].n");
  }

  @Test
  void keepsDefinitionsOfTwoSchemasApart() {
    var one = schema("{'$ref':'#/$defs/x','$defs':{'x':{'type':'string'}}}");
    var two = schema("{'$ref':'#/$defs/x','$defs':{'x':{'type':'integer'}}}");

    assertThat(one.validate(json("'a'"))).isEmpty();
    assertThat(two.validate(json("'a'"))).hasSize(1);
    assertThat(one.validate(json("1"))).hasSize(1);
  }

  @Test
  void answersManyThreadsAlike() throws Exception {
    var schema =
        schema("{'items':{'$ref':'#/$defs/x'},'$defs':{'x':{'type':'object','required':['a']}}}");
    var value = json("[{'a':1},{},{'a':2},{}]");

    var results = new ArrayList<Future<Integer>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < 2000; i++) {
        results.add(threads.submit(() -> schema.validate(value).size()));
      }
    }

    for (var result : results) {
      assertThat(result.get()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          {'requried':['a']} | $.requried is not a keyword of JSON Schema; did you mean `required`?
          {'type':'strin'} | $.type must be one of array, boolean, integer, null, number, object, string; did you mean `string`?
          {'type':['string',null]} | $.type[1] must be "null", with quotes
          {'properties':{'a':{'minLength':-1}}} | $.properties.a.minLength must be a whole number, 0 or more
          {'properties':{'a':{'minLength':5,'maxLength':2}}} | $.properties.a.minLength is more than `maxLength`
          {'pattern':'(?=a)'} | $.pattern is not a regular expression that RE2 understands (invalid or unsupported Perl syntax); look-around and back-references do not exist there
          {'patternProperties':{'(':{}}} | $.patternProperties['('] is not a regular expression that RE2 understands (missing closing )); look-around and back-references do not exist there
          {'$ref':'https://example.com/x.json'} | $['$ref'] must point into this schema, as in `#/$defs/name`; others are never loaded
          {'$ref':'#/$defs/adress','$defs':{'address':{}}} | $['$ref'] points at no schema; did you mean `#/$defs/address`?
          {'$ref':'#/$defs/a','$defs':{'a':{'anyOf':[{'$ref':'#/$defs/a'}]}}} | $.anyOf[0] refers to itself without going deeper into the value
          {'properties':{'a':{}},'required':['b'],'additionalProperties':false} | $.required[0] requires `b`, which is not among the properties; did you mean `a`?
          {'format':'dat'} | $.format must be one of date, date-time, duration, email, hostname, ipv4, ipv6, time, uri, uri-reference, uuid; did you mean `date`?
          {'nullable':true} | $.nullable is not supported; write `type: [string, "null"]`
          {'$schema':'http://json-schema.org/draft-07/schema#'} | $['$schema'] must be https://json-schema.org/draft/2020-12/schema, at the top, or be left out
          {'anyOf':[]} | $.anyOf must be a list of schemas with at least one
          {'items':[{}]} | $.items must be a schema, that is an object, true or false
          {'enum':[]} | $.enum must be a list of values
          {'multipleOf':0} | $.multipleOf must be above 0
          """)
  void refusesABadSchemaWhereItIsBad(String schema, String expected) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> schema(schema))
        .withMessage(expected.replace("$['$ref']", "$.$ref").replace("$['$schema']", "$.$schema"));
  }

  @Test
  void refusesShapesThatMultiply() {
    var text = new StringBuilder("{'$ref':'#/$defs/d0','$defs':{'d30':{}");
    for (var i = 0; i < 30; i++) {
      text.append(
          ",'d%d':{'anyOf':[{'$ref':'#/$defs/d%d'},{'$ref':'#/$defs/d%d'}]}"
              .formatted(i, i + 1, i + 1));
    }

    assertThatIllegalArgumentException()
        .isThrownBy(() -> schema(text + "}}"))
        .withMessageContaining("tries more than 500 shapes on one value");
  }

  @Test
  void readsPropertiesThatAreNamedLikeKeywords() {
    var schema =
        schema(
            "{'properties':{'$ref':{'type':'string'},'anyOf':{'type':'object'},"
                + "'type':{'type':'string'},'if':{'$ref':'#'}}}");

    assertThat(schema.validate(json("{'$ref':'x','anyOf':{},'type':'y','if':{'type':1}}")))
        .extracting(Violation::path)
        .containsExactly("$.if.type");
  }
}
