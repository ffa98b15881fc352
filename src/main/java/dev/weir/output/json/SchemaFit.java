package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Counts how far a value is from what a schema asks for: wrong types, missing fields, forbidden
 * fields, constants that differ. It knows the keywords that tell alternatives apart, not all of
 * JSON Schema; a real validation comes later. Bounded by a budget of steps, after which it finds
 * nothing more.
 */
final class SchemaFit {
  private final JsonNode root;
  private int budget = 200_000;

  SchemaFit(JsonNode root) {
    this.root = root;
  }

  int misfits(JsonNode value) {
    return misfits(value, root, 0);
  }

  int misfits(JsonNode value, JsonNode unresolved, int depth) {
    var schema = resolve(unresolved);
    if (--budget < 0 || depth > 200) {
      return 0;
    }
    if (schema.isBoolean()) {
      return schema.booleanValue() ? 0 : 1;
    }
    var count = Schemas.hasType(value, Schemas.types(schema)) ? 0 : 1;
    if (schema.has("const") && !same(schema.get("const"), value)) {
      count++;
    }
    if (schema.has("enum") && !listed(schema.get("enum"), value)) {
      count++;
    }
    for (var all : schema.path("allOf")) {
      count += misfits(value, all, depth + 1);
    }
    count += least(value, schema.path("oneOf"), depth);
    count += least(value, schema.path("anyOf"), depth);
    if (value.isObject()) {
      count += ofMembers(value, schema, depth);
    } else if (value.isArray()) {
      for (var i = 0; i < value.size() && budget > 0; i++) {
        count += misfits(value.get(i), itemSchema(schema, i), depth + 1);
      }
    } else if (value.isNumber()) {
      var number = value.doubleValue();
      count += number < schema.path("minimum").asDouble(Double.NEGATIVE_INFINITY) ? 1 : 0;
      count += number > schema.path("maximum").asDouble(Double.POSITIVE_INFINITY) ? 1 : 0;
    }
    return count;
  }

  private int ofMembers(JsonNode value, JsonNode schema, int depth) {
    var count = 0;
    for (var name : schema.path("required")) {
      count += value.has(name.asText()) ? 0 : 1;
    }
    var closed = closed(schema);
    for (var member : value.properties()) {
      if (--budget < 0) {
        break;
      }
      var own = Schemas.ofMember(schema, member.getKey());
      if (own != null) {
        count += misfits(member.getValue(), own, depth + 1);
      } else if (closed) {
        count++;
      }
    }
    return count;
  }

  private int least(JsonNode value, JsonNode alternatives, int depth) {
    var least = alternatives.isEmpty() ? 0 : Integer.MAX_VALUE;
    for (var alternative : alternatives) {
      least = Math.min(least, misfits(value, alternative, depth + 1));
    }
    return least;
  }

  /** The schema that a local reference stands for. */
  JsonNode resolve(JsonNode schema) {
    var here = schema;
    for (var hops = 0; hops < 16 && here.path("$ref").isTextual(); hops++) {
      var reference = here.get("$ref").textValue();
      if (reference.equals("#")) {
        return root;
      }
      if (!reference.startsWith("#/")) {
        return Schemas.ANYTHING;
      }
      here = root.at(reference.substring(1));
      if (here.isMissingNode()) {
        return Schemas.ANYTHING;
      }
    }
    return here;
  }

  /** Whether an object may have only the members that the schema names. */
  static boolean closed(JsonNode schema) {
    var more = schema.get("additionalProperties");
    return more != null
        && more.isBoolean()
        && !more.booleanValue()
        && !schema.has("patternProperties");
  }

  /** The schema of an item by its place. */
  static JsonNode itemSchema(JsonNode schema, int index) {
    var tuple = schema.get("prefixItems");
    var items = schema.get("items");
    if (tuple == null && items != null && items.isArray()) {
      tuple = items;
    }
    if (tuple != null && index < tuple.size()) {
      return tuple.get(index);
    }
    return items != null && items.isObject() ? items : Schemas.ANYTHING;
  }

  static boolean listed(JsonNode list, JsonNode value) {
    for (var one : list) {
      if (same(one, value)) {
        return true;
      }
    }
    return false;
  }

  static boolean same(JsonNode one, JsonNode other) {
    var numbers = one.isNumber() && other.isNumber();
    return numbers
        ? Double.compare(one.doubleValue(), other.doubleValue()) == 0
        : one.equals(other);
  }
}
