package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.output.json.Edit.Kind;
import java.util.ArrayList;

/**
 * Brings a value nearer to a schema where there is one way to do so: conversions of scalars, a
 * wrapping or unwrapping array, defaults of missing required fields, removal of forbidden fields,
 * the alternative that fits best. What stays ambiguous stays as it is, for the validation to tell.
 */
final class SchemaGuide {
  /** Steps and copied nodes that one guidance may take; beyond, values stay as they are. */
  private static final int MOST_STEPS = 500_000;

  private final SchemaFit fit;
  private final JsonNode root;
  private final Edits edits;
  private final Options inner;
  private final int[] budget;

  SchemaGuide(JsonNode schema, Edits edits, Options options) {
    this(schema, edits, options, new int[] {MOST_STEPS});
  }

  private SchemaGuide(JsonNode schema, Edits edits, Options options, int[] budget) {
    this.budget = budget;
    this.root = schema;
    this.fit = new SchemaFit(schema);
    this.edits = edits;
    this.inner = Options.DEFAULTS.withLimits(options.maxDepth(), options.maxLength(), 0);
  }

  JsonNode guided(JsonNode value) {
    return guided(value, root, "", 0);
  }

  private JsonNode guided(JsonNode value, JsonNode unresolved, String path, int depth) {
    var schema = fit.resolve(unresolved);
    if (--budget[0] < 0 || depth > 200 || !schema.isObject()) {
      return value;
    }
    var result = value;
    for (var all : schema.path("allOf")) {
      result = guided(result, all, path, depth + 1);
    }
    result = chosen(result, schema.path("oneOf"), path, depth);
    result = chosen(result, schema.path("anyOf"), path, depth);
    result = ofType(result, schema, path);
    result = listed(result, schema, path);
    if (result instanceof ObjectNode object) {
      members(object, schema, path, depth);
    } else if (result instanceof ArrayNode array) {
      for (var i = 0; i < array.size() && budget[0] > 0; i++) {
        var own = SchemaFit.itemSchema(schema, i);
        array.set(i, guided(array.get(i), own, path + "/" + i, depth + 1));
      }
    }
    return result;
  }

  // Alternatives.

  private JsonNode chosen(JsonNode value, JsonNode alternatives, String path, int depth) {
    if (alternatives.isEmpty()) {
      return value;
    }
    for (var alternative : alternatives) {
      if (fit.misfits(value, alternative, depth) == 0) {
        return guided(value, alternative, path, depth + 1);
      }
    }
    var best = new ArrayList<JsonNode>();
    var least = Integer.MAX_VALUE;
    for (var alternative : alternatives) {
      budget[0] -= weight(value, budget[0]);
      if (budget[0] < 0) {
        return value;
      }
      var trial = new SchemaGuide(root, new Edits(0), inner, budget);
      var tried = trial.guided(value.deepCopy(), alternative, path, depth + 1);
      var misfits = fit.misfits(tried, alternative, depth);
      if (misfits <= least) {
        if (misfits < least) {
          best.clear();
        }
        best.add(alternative);
        least = misfits;
      }
    }
    if (best.size() != 1) {
      // Several alternatives are as near: to pick one would be a guess.
      return value;
    }
    edits.add(Edit.of(path, Kind.CHOSEN, "The alternative of the schema that fits was chosen."));
    return guided(value, best.getFirst(), path, depth + 1);
  }

  /** How many nodes a copy of the value would make, as far as the budget goes. */
  private static int weight(JsonNode value, int most) {
    var count = 1;
    for (var child : value) {
      if (count > most) {
        break;
      }
      count += weight(child, most - count);
    }
    return count;
  }

  // Types.

  private JsonNode ofType(JsonNode value, JsonNode schema, String path) {
    var types = Schemas.types(schema);
    if (Schemas.hasType(value, types)) {
      return value;
    }
    if (value.isNull() || (value.isTextual() && value.textValue().isBlank())) {
      return emptied(value, schema, path, types.contains("null"));
    }
    var converted = Coercions.convert(value, types, inner);
    if (converted.isMissingNode()) {
      return value;
    }
    edits.add(
        Edit.of(
            path,
            Kind.COERCED,
            "A value of type "
                + Coercions.typeOf(value)
                + " became "
                + Coercions.typeOf(converted)
                + "."));
    return converted;
  }

  private JsonNode emptied(JsonNode value, JsonNode schema, String path, boolean nullable) {
    if (schema.has("default")) {
      edits.add(Edit.of(path, Kind.DEFAULTED, "An empty value got the schema's default."));
      return schema.get("default").deepCopy();
    }
    if (nullable && value.isTextual()) {
      edits.add(Edit.of(path, Kind.COERCED, "An empty text became null."));
      return NullNode.getInstance();
    }
    return value;
  }

  /** A value that differs from one listed value only in case or spaces becomes that one. */
  private JsonNode listed(JsonNode value, JsonNode schema, String path) {
    var list = schema.path("enum");
    if (!list.isArray() || SchemaFit.listed(list, value) || !value.isValueNode()) {
      return value;
    }
    JsonNode only = value;
    var matches = 0;
    for (var one : list) {
      if (one.isValueNode() && one.asText().strip().equalsIgnoreCase(value.asText().strip())) {
        only = one;
        matches++;
      }
    }
    if (matches != 1) {
      return value;
    }
    edits.add(Edit.of(path, Kind.COERCED, "A value was spelled as the schema lists it."));
    return only;
  }

  // Members.

  private void members(ObjectNode object, JsonNode schema, String path, int depth) {
    var forbidden = new ArrayList<String>();
    var closed = SchemaFit.closed(schema) && !schema.has("allOf");
    for (var member : object.properties()) {
      var own = Schemas.ofMember(schema, member.getKey());
      var there = path + "/" + Schemas.escaped(member.getKey());
      if (own != null) {
        member.setValue(guided(member.getValue(), own, there, depth + 1));
      } else if (closed) {
        forbidden.add(member.getKey());
        edits.add(Edit.of(there, Kind.DROPPED, "A field that the schema forbids was removed."));
      }
    }
    object.remove(forbidden);
    for (var name : schema.path("required")) {
      var key = name.asText();
      var own = object.has(key) ? null : Schemas.ofMember(schema, key);
      var fallback = own == null ? null : fit.resolve(own).get("default");
      if (fallback != null) {
        object.set(key, fallback.deepCopy());
        var there = path + "/" + Schemas.escaped(key);
        edits.add(Edit.of(there, Kind.DEFAULTED, "A missing field got the schema's default."));
      }
    }
  }
}
