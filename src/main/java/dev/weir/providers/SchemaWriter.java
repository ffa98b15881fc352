package dev.weir.providers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Optional;

/**
 * Makes up a value that fits a JSON Schema (draft 2020-12): types, {@code const}, {@code enum},
 * lengths, ranges, formats, patterns, required and optional properties, arrays, local {@code $ref},
 * {@code allOf}, {@code anyOf}, {@code oneOf}. What it does not understand it ignores.
 * Deterministic for the same words. Not thread-safe.
 */
final class SchemaWriter {
  /** From here on only what is required is written, so that recursive schemas end. */
  private static final int DEEP = 6;

  private static final int DEEPEST = 24;

  /** Steps and elements after which it stops to care: schemas come from callers, too. */
  private static final int MOST_STEPS = 5_000;

  private static final int MOST_ELEMENTS = 500;
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final JsonNode root;
  private final Words words;
  private final StringWriter strings;
  private int steps;

  SchemaWriter(JsonNode root, Words words) {
    this.root = root;
    this.words = words;
    this.strings = new StringWriter(words);
  }

  /** A value for the whole schema. */
  JsonNode write() {
    return value(root, "", 0);
  }

  private JsonNode value(JsonNode given, String name, int depth) {
    if (depth > DEEPEST || ++steps > MOST_STEPS) {
      return JSON.nullNode();
    }
    var schema = resolve(given, 0);
    if (schema.has("const")) {
      return schema.get("const");
    }
    var options = schema.path("enum");
    if (options.isArray() && !options.isEmpty()) {
      return options.get((int) words.number(0, options.size() - 1L));
    }
    return switch (type(schema)) {
      case "object" -> object(schema, depth);
      case "array" -> array(schema, name, depth);
      case "integer" -> number(schema, true);
      case "number" -> number(schema, false);
      case "boolean" -> JSON.booleanNode(words.number(0, 1) == 0);
      case "null" -> JSON.nullNode();
      default -> JSON.textNode(strings.write(schema, name));
    };
  }

  /** Follows references, takes the first alternative, and merges what has to hold at once. */
  private JsonNode resolve(JsonNode schema, int hops) {
    if (!schema.isObject() || hops > DEEPEST || ++steps > MOST_STEPS) {
      return JSON.objectNode();
    }
    var merged = JSON.objectNode();
    merge(merged, schema);
    var reference = schema.path("$ref").asText("");
    if (reference.startsWith("#")) {
      merge(merged, resolve(root.at(pointer(reference)), hops + 1));
    }
    schema.path("allOf").forEach(part -> merge(merged, resolve(part, hops + 1)));
    for (var choice : new String[] {"anyOf", "oneOf"}) {
      firstUsable(schema.path(choice)).ifPresent(one -> merge(merged, resolve(one, hops + 1)));
    }
    return merged;
  }

  /** The first alternative that is not just null. */
  private static Optional<JsonNode> firstUsable(JsonNode choices) {
    for (var choice : choices) {
      if (!choice.path("type").asText("").equals("null")) {
        return Optional.of(choice);
      }
    }
    return choices.isEmpty() ? Optional.empty() : Optional.of(choices.get(0));
  }

  private static String pointer(String reference) {
    var fragment = reference.substring(1);
    return fragment.isEmpty() || fragment.startsWith("/") ? fragment : "/$defs/" + fragment;
  }

  private static void merge(ObjectNode into, JsonNode from) {
    for (var field : from.properties()) {
      var old = into.path(field.getKey());
      if (field.getKey().equals("properties") && old instanceof ObjectNode properties) {
        var both = properties.deepCopy();
        field.getValue().properties().forEach(p -> both.set(p.getKey(), p.getValue()));
        into.set("properties", both);
      } else if (field.getKey().equals("required") && old.isArray()) {
        var both = JSON.arrayNode();
        old.forEach(both::add);
        field.getValue().forEach(both::add);
        into.set("required", both);
      } else if (old.isMissingNode()) {
        into.set(field.getKey(), field.getValue());
      }
    }
  }

  private static String type(JsonNode schema) {
    var type = schema.path("type");
    if (type.isArray()) {
      for (var one : type) {
        if (!one.asText("").equals("null")) {
          return one.asText("");
        }
      }
      return "null";
    }
    if (type.isTextual()) {
      return type.textValue();
    }
    if (schema.has("properties") || schema.has("required")) {
      return "object";
    }
    if (schema.has("items") || schema.has("prefixItems")) {
      return "array";
    }
    return schema.has("minimum") || schema.has("maximum") ? "number" : "string";
  }

  private JsonNode object(JsonNode schema, int depth) {
    var object = JSON.objectNode();
    var required = schema.path("required");
    for (var property : schema.path("properties").properties()) {
      if (depth < DEEP || contains(required, property.getKey())) {
        object.set(property.getKey(), value(property.getValue(), property.getKey(), depth + 1));
      }
    }
    for (var name : required) {
      if (!object.has(name.asText(""))) {
        object.set(name.asText(""), additional(schema, name.asText(""), depth));
      }
    }
    var least = Math.min(schema.path("minProperties").asInt(0), MOST_ELEMENTS);
    for (var i = object.size(); i < least; i++) {
      object.set("entry" + i, additional(schema, "entry", depth));
    }
    return object;
  }

  private JsonNode additional(JsonNode schema, String name, int depth) {
    var rule = schema.path("additionalProperties");
    return value(rule.isObject() ? rule : JSON.objectNode(), name, depth + 1);
  }

  private JsonNode array(JsonNode schema, String name, int depth) {
    var array = JSON.arrayNode();
    for (var item : schema.path("prefixItems")) {
      array.add(value(item, name, depth + 1));
    }
    if (schema.path("items").isBoolean() && !schema.path("items").booleanValue()) {
      return array;
    }
    var least = Math.max(schema.path("minItems").asInt(0), depth < DEEP ? 3 : 0);
    var most = Math.min(schema.path("maxItems").asInt(MOST_ELEMENTS), MOST_ELEMENTS);
    var count = Math.min(least, most);
    var unique = schema.path("uniqueItems").asBoolean(false);
    for (var tries = 0; array.size() < count && tries < 20 * count; tries++) {
      var item = value(schema.path("items"), name, depth + 1);
      if (!unique || !contains(array, item)) {
        array.add(item);
      }
    }
    return array;
  }

  private static boolean contains(JsonNode array, String text) {
    for (var one : array) {
      if (one.asText("").equals(text)) {
        return true;
      }
    }
    return false;
  }

  private static boolean contains(JsonNode array, JsonNode value) {
    for (var one : array) {
      if (one.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private JsonNode number(JsonNode schema, boolean whole) {
    var least = bound(schema, "minimum", "exclusiveMinimum", 1, whole);
    var most = bound(schema, "maximum", "exclusiveMaximum", -1, whole);
    var from =
        least.orElseGet(() -> most.map(m -> m.subtract(BigDecimal.TEN)).orElse(BigDecimal.ONE));
    var to = most.orElseGet(() -> from.add(BigDecimal.valueOf(9)));
    var share = BigDecimal.valueOf(words.number(0, 10)).movePointLeft(1);
    var value = from.add(to.subtract(from).max(BigDecimal.ZERO).multiply(share));
    var step =
        schema.path("multipleOf").isNumber() ? schema.get("multipleOf").decimalValue() : null;
    if (step == null && whole) {
      step = BigDecimal.ONE;
    }
    if (step != null && step.signum() > 0) {
      value = value.divide(step, 0, RoundingMode.FLOOR).multiply(step);
      value = value.compareTo(from) < 0 ? value.add(step) : value;
    }
    return whole
        ? JSON.numberNode(value.toBigInteger())
        : JSON.numberNode(value.round(MathContext.DECIMAL64));
  }

  private static Optional<BigDecimal> bound(
      JsonNode schema, String inclusive, String exclusive, int inward, boolean whole) {
    if (schema.path(inclusive).isNumber()) {
      return Optional.of(schema.get(inclusive).decimalValue());
    }
    if (schema.path(exclusive).isNumber()) {
      var step = whole ? BigDecimal.ONE : new BigDecimal("0.001");
      return Optional.of(
          schema.get(exclusive).decimalValue().add(step.multiply(BigDecimal.valueOf(inward))));
    }
    return Optional.empty();
  }
}
