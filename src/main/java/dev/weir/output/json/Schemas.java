package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the parts of JSON Schema that repairs look at. A null schema asks for nothing. */
final class Schemas {
  /** The schema that allows everything. */
  static final JsonNode ANYTHING = JsonNodeFactory.instance.objectNode();

  private Schemas() {}

  /** A key as it stands in a JSON Pointer. */
  static String escaped(String key) {
    return key.indexOf('~') < 0 && key.indexOf('/') < 0
        ? key
        : key.replace("~", "~0").replace("/", "~1");
  }

  /** The schema of a member, by its name alone. */
  static @Nullable JsonNode ofMember(@Nullable JsonNode schema, String key) {
    if (schema == null) {
      return null;
    }
    var properties = schema.get("properties");
    var own = properties == null ? null : properties.get(key);
    if (own != null) {
      return own;
    }
    var more = schema.get("additionalProperties");
    return more != null && more.isObject() ? more : null;
  }

  /** The schema of all items. */
  static @Nullable JsonNode ofItem(@Nullable JsonNode schema) {
    var items = schema == null ? null : schema.get("items");
    return items != null && items.isObject() ? items : null;
  }

  /** The types a schema allows; empty if it does not say. */
  static Set<String> types(JsonNode schema) {
    var types = new HashSet<String>();
    var type = schema.get("type");
    if (type != null && type.isTextual()) {
      types.add(type.textValue());
    } else if (type != null) {
      type.forEach(one -> types.add(one.asText()));
    }
    if (types.isEmpty()) {
      if (schema.has("properties") || schema.has("required")) {
        types.add("object");
      } else if (schema.has("items") || schema.has("prefixItems")) {
        types.add("array");
      }
    }
    return types;
  }

  /**
   * Whether a schema of a string asks for brackets to stay: by a pattern or constant that has some,
   * or by the word {@code citation} in its description.
   */
  static boolean asksForBrackets(@Nullable JsonNode schema) {
    if (schema == null) {
      return false;
    }
    var pattern = schema.path("pattern").asText("");
    var description = schema.path("description").asText("").toLowerCase(Locale.ROOT);
    return pattern.contains("\\[")
        || schema.path("const").asText("").indexOf('[') >= 0
        || schema.path("enum").toString().indexOf('[', 1) > 0
        || description.contains("citation")
        || schema.path("x-keep-citations").asBoolean(false);
  }

  /** Whether a value has one of the types a schema allows. */
  static boolean hasType(JsonNode value, Set<String> types) {
    if (types.isEmpty()) {
      return true;
    }
    return switch (value.getNodeType()) {
      case OBJECT -> types.contains("object");
      case ARRAY -> types.contains("array");
      case STRING -> types.contains("string");
      case BOOLEAN -> types.contains("boolean");
      case NULL -> types.contains("null");
      case NUMBER -> types.contains("number") || (types.contains("integer") && isWhole(value));
      default -> false;
    };
  }

  static boolean isWhole(JsonNode number) {
    if (number.isIntegralNumber()) {
      return true;
    }
    var value = number.doubleValue();
    return value == Math.rint(value) && Math.abs(value) < 1e15;
  }
}
