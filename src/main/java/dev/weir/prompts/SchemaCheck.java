package dev.weir.prompts;

import static java.util.Map.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.weir.core.Nearest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds what is wrong with a schema before anybody is validated by it, each fault at its place.
 *
 * <p>Stricter than the meta-schema, because a schema of ours is also a contract with people and
 * models: a keyword that does not exist is a typo and not an annotation, a reference resolves
 * within the schema and never chases itself, a pattern compiles with RE2, and a field that is
 * required can be sent.
 */
final class SchemaCheck {
  private static final int MAX_DEPTH = 48;
  private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";
  private static final Set<String> TYPES =
      Set.of("string", "number", "integer", "boolean", "object", "array", "null");
  private static final Set<String> FORMATS =
      Set.of(
          "date",
          "date-time",
          "time",
          "duration",
          "email",
          "uri",
          "uri-reference",
          "uuid",
          "ipv4",
          "ipv6",
          "hostname");

  /** What kind of value a keyword takes. */
  private enum Takes {
    SCHEMA,
    SCHEMAS,
    NAMED_SCHEMAS,
    TYPE,
    VALUES,
    ANYTHING,
    COUNT,
    NUMBER,
    POSITIVE,
    TRUE_OR_FALSE,
    TEXT,
    PATTERN,
    NAMES,
    NAMES_BY_NAME,
    FORMAT,
    REFERENCE,
    DIALECT
  }

  private static final Map<String, Takes> KEYWORDS =
      Map.ofEntries(
          entry("additionalProperties", Takes.SCHEMA),
          entry("propertyNames", Takes.SCHEMA),
          entry("items", Takes.SCHEMA),
          entry("contains", Takes.SCHEMA),
          entry("not", Takes.SCHEMA),
          entry("if", Takes.SCHEMA),
          entry("then", Takes.SCHEMA),
          entry("else", Takes.SCHEMA),
          entry("unevaluatedItems", Takes.SCHEMA),
          entry("unevaluatedProperties", Takes.SCHEMA),
          entry("contentSchema", Takes.SCHEMA),
          entry("properties", Takes.NAMED_SCHEMAS),
          entry("patternProperties", Takes.NAMED_SCHEMAS),
          entry("dependentSchemas", Takes.NAMED_SCHEMAS),
          entry("$defs", Takes.NAMED_SCHEMAS),
          entry("allOf", Takes.SCHEMAS),
          entry("anyOf", Takes.SCHEMAS),
          entry("oneOf", Takes.SCHEMAS),
          entry("prefixItems", Takes.SCHEMAS),
          entry("type", Takes.TYPE),
          entry("enum", Takes.VALUES),
          entry("const", Takes.ANYTHING),
          entry("default", Takes.ANYTHING),
          entry("examples", Takes.VALUES),
          entry("minLength", Takes.COUNT),
          entry("maxLength", Takes.COUNT),
          entry("minItems", Takes.COUNT),
          entry("maxItems", Takes.COUNT),
          entry("minContains", Takes.COUNT),
          entry("maxContains", Takes.COUNT),
          entry("minProperties", Takes.COUNT),
          entry("maxProperties", Takes.COUNT),
          entry("minimum", Takes.NUMBER),
          entry("maximum", Takes.NUMBER),
          entry("exclusiveMinimum", Takes.NUMBER),
          entry("exclusiveMaximum", Takes.NUMBER),
          entry("multipleOf", Takes.POSITIVE),
          entry("uniqueItems", Takes.TRUE_OR_FALSE),
          entry("deprecated", Takes.TRUE_OR_FALSE),
          entry("readOnly", Takes.TRUE_OR_FALSE),
          entry("writeOnly", Takes.TRUE_OR_FALSE),
          entry("title", Takes.TEXT),
          entry("description", Takes.TEXT),
          entry("$comment", Takes.TEXT),
          entry("contentEncoding", Takes.TEXT),
          entry("contentMediaType", Takes.TEXT),
          entry("pattern", Takes.PATTERN),
          entry("required", Takes.NAMES),
          entry("dependentRequired", Takes.NAMES_BY_NAME),
          entry("format", Takes.FORMAT),
          entry("$ref", Takes.REFERENCE),
          entry("$schema", Takes.DIALECT));

  /** Keywords of other drafts and dialects, and what to write instead. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "definitions", "write `$defs`",
          "nullable", "write `type: [string, \"null\"]`",
          "dependencies", "write `dependentRequired` or `dependentSchemas`",
          "additionalItems", "write `prefixItems` and `items`",
          "$id", "leave it out; a schema is known by its function",
          "$anchor", "refer to `#/$defs/...`",
          "$dynamicRef", "refer to `#/$defs/...` with `$ref`",
          "$dynamicAnchor", "refer to `#/$defs/...` with `$ref`",
          "$vocabulary", "leave it out",
          "discriminator", "give each shape of `oneOf` a field with a `const`");

  private final JsonNode root;
  private final String rootPath;
  private final List<Violation> faults = new ArrayList<>();

  private SchemaCheck(JsonNode root, String rootPath) {
    this.root = root;
    this.rootPath = rootPath;
  }

  /** Every fault of the schema that stands at {@code path}; empty if it is good. */
  static List<Violation> faultsOf(JsonNode schema, String path) {
    var check = new SchemaCheck(schema, path);
    check.schema(schema, path, 0);
    if (check.faults.isEmpty() && schema.isObject()) {
      // References are known to resolve from here on.
      check.faults.addAll(SchemaLoops.faultsOf(schema, path));
    }
    return check.faults;
  }

  private void schema(JsonNode node, String path, int depth) {
    if (depth > MAX_DEPTH) {
      fault(path, "is nested deeper than " + MAX_DEPTH + " levels; use `$defs` and `$ref`");
    } else if (node.isObject()) {
      node.properties().forEach(e -> keyword(e.getKey(), e.getValue(), path, depth));
      reachable(node, path);
      ordered(node, path, "minLength", "maxLength");
      ordered(node, path, "minItems", "maxItems");
      ordered(node, path, "minProperties", "maxProperties");
      ordered(node, path, "minimum", "maximum");
    } else if (!node.isBoolean()) {
      fault(path, "must be a schema, that is an object, true or false");
    }
  }

  private void keyword(String name, JsonNode value, String parent, int depth) {
    var path = JsonPath.child(parent, name);
    var takes = KEYWORDS.get(name);
    if (takes == null) {
      var instead = ELSEWHERE.get(name);
      fault(
          path,
          instead == null
              ? "is not a keyword of JSON Schema" + Nearest.suggestion(name, KEYWORDS.keySet())
              : "is not supported; " + instead);
      return;
    }
    switch (takes) {
      case SCHEMA -> schema(value, path, depth + 1);
      case SCHEMAS -> schemas(value, path, depth);
      case NAMED_SCHEMAS -> namedSchemas(name, value, path, depth);
      case TYPE -> type(value, path);
      case VALUES -> require(value.isArray() && !value.isEmpty(), path, "must be a list of values");
      case ANYTHING -> {}
      case COUNT ->
          require(
              value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= 0,
              path,
              "must be a whole number, 0 or more");
      case NUMBER -> require(value.isNumber(), path, "must be a number");
      case POSITIVE ->
          require(value.isNumber() && value.decimalValue().signum() > 0, path, "must be above 0");
      case TRUE_OR_FALSE -> require(value.isBoolean(), path, "must be true or false");
      case TEXT -> require(value.isTextual(), path, "must be a text");
      case PATTERN -> pattern(value, path);
      case NAMES -> names(value, path);
      case NAMES_BY_NAME -> {
        if (value.isObject()) {
          value.properties().forEach(e -> names(e.getValue(), JsonPath.child(path, e.getKey())));
        } else {
          fault(path, "must be an object of lists of names");
        }
      }
      case FORMAT -> {
        if (!value.isTextual() || !FORMATS.contains(value.textValue())) {
          fault(path, oneOf(FORMATS, value));
        }
      }
      case REFERENCE -> reference(value, path);
      case DIALECT ->
          require(
              value.asText().equals(DIALECT) && path.equals(JsonPath.child(rootPath, "$schema")),
              path,
              "must be " + DIALECT + ", at the top, or be left out");
    }
  }

  private void schemas(JsonNode value, String path, int depth) {
    if (!value.isArray() || value.isEmpty()) {
      fault(path, "must be a list of schemas with at least one");
      return;
    }
    for (var i = 0; i < value.size(); i++) {
      schema(value.get(i), JsonPath.item(path, i), depth + 1);
    }
  }

  private void namedSchemas(String keyword, JsonNode value, String path, int depth) {
    if (!value.isObject()) {
      fault(path, "must be an object of schemas");
      return;
    }
    for (var entry : value.properties()) {
      var place = JsonPath.child(path, entry.getKey());
      if (keyword.equals("patternProperties")) {
        compiles(entry.getKey(), place);
      }
      schema(entry.getValue(), place, depth + 1);
    }
  }

  private void type(JsonNode value, String path) {
    if (value.isTextual()) {
      knownType(value, path);
    } else if (value.isArray() && !value.isEmpty()) {
      var seen = new HashSet<String>();
      for (var i = 0; i < value.size(); i++) {
        var place = JsonPath.item(path, i);
        knownType(value.get(i), place);
        require(seen.add(value.get(i).asText()), place, "stands there twice");
      }
    } else {
      fault(path, "must be a type or a list of types");
    }
  }

  private void knownType(JsonNode value, String path) {
    if (value.isNull()) {
      fault(path, "must be \"null\", with quotes");
    } else if (!value.isTextual() || !TYPES.contains(value.textValue())) {
      fault(path, oneOf(TYPES, value));
    }
  }

  private static String oneOf(Set<String> words, JsonNode value) {
    return "must be one of "
        + String.join(", ", words.stream().sorted().toList())
        + Nearest.suggestion(value.asText(), words);
  }

  private void pattern(JsonNode value, String path) {
    if (value.isTextual()) {
      compiles(value.textValue(), path);
    } else {
      fault(path, "must be a text");
    }
  }

  private void compiles(String expression, String path) {
    try {
      Pattern.compile(expression);
    } catch (PatternSyntaxException e) {
      fault(
          path,
          "is not a regular expression that RE2 understands ("
              + e.getDescription()
              + "); look-around and back-references do not exist there");
    }
  }

  private void names(JsonNode value, String path) {
    if (!value.isArray()) {
      fault(path, "must be a list of names");
      return;
    }
    var seen = new HashSet<String>();
    for (var i = 0; i < value.size(); i++) {
      var place = JsonPath.item(path, i);
      require(value.get(i).isTextual(), place, "must be a name");
      require(seen.add(value.get(i).asText()), place, "stands there twice");
    }
  }

  private void reference(JsonNode value, String path) {
    if (!value.isTextual() || !value.textValue().startsWith("#")) {
      fault(path, "must point into this schema, as in `#/$defs/name`; others are never loaded");
      return;
    }
    var target = SchemaLoops.resolve(root, value.textValue());
    if (!target.isObject() && !target.isBoolean()) {
      List<String> known = new ArrayList<>();
      root.path("$defs").fieldNames().forEachRemaining(name -> known.add("#/$defs/" + name));
      fault(path, "points at no schema" + Nearest.suggestion(value.textValue(), known));
    }
  }

  /** A required field that the same schema forbids to send can never be satisfied. */
  private void reachable(JsonNode node, String path) {
    var properties = node.path("properties");
    var open = node.path("additionalProperties");
    if (!open.isBoolean() || open.booleanValue() || node.has("patternProperties")) {
      return;
    }
    var required = node.path("required");
    for (var i = 0; i < required.size(); i++) {
      var name = required.get(i).asText();
      if (!properties.has(name)) {
        List<String> declared = new ArrayList<>();
        properties.fieldNames().forEachRemaining(declared::add);
        fault(
            JsonPath.item(JsonPath.child(path, "required"), i),
            "requires `"
                + JsonPath.tame(name)
                + "`, which is not among the properties"
                + Nearest.suggestion(name, declared));
      }
    }
  }

  private void ordered(JsonNode node, String path, String low, String high) {
    var least = node.path(low);
    var most = node.path(high);
    if (least.isNumber()
        && most.isNumber()
        && least.decimalValue().compareTo(most.decimalValue()) > 0) {
      fault(JsonPath.child(path, low), "is more than `" + high + "`");
    }
  }

  private void require(boolean holds, String path, String otherwise) {
    if (!holds) {
      fault(path, otherwise);
    }
  }

  private void fault(String path, String reason) {
    faults.add(new Violation(path, reason));
  }
}
