package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a schema tells about a value: every schema that may speak about it, references followed and
 * alternatives laid side by side. Enough to know whether a template's name can exist; it never says
 * so wrongly of a schema that leaves fields open.
 *
 * @param root the schema that references point into
 * @param schemas all that may apply to the value
 */
record InputShape(JsonNode root, List<JsonNode> schemas) {
  /** Nothing is known: any name may exist. */
  static final InputShape ANYTHING = new InputShape(BooleanNode.TRUE, List.of(BooleanNode.TRUE));

  private static final List<String> ALTERNATIVES = List.of("allOf", "anyOf", "oneOf");
  private static final List<String> BRANCHES = List.of("then", "else");

  static InputShape of(JsonNode root) {
    return of(root, List.of(root));
  }

  private static InputShape of(JsonNode root, List<JsonNode> from) {
    Set<JsonNode> all = Collections.newSetFromMap(new IdentityHashMap<>());
    List<JsonNode> ordered = new ArrayList<>();
    from.forEach(schema -> expand(root, schema, all, ordered));
    return new InputShape(root, ordered);
  }

  private static void expand(
      JsonNode root, JsonNode schema, Set<JsonNode> all, List<JsonNode> ordered) {
    if (!all.add(schema)) {
      return;
    }
    ordered.add(schema);
    var reference = schema.path("$ref").asText();
    if (reference.startsWith("#")) {
      expand(root, SchemaLoops.resolve(root, reference), all, ordered);
    }
    for (var keyword : ALTERNATIVES) {
      schema.path(keyword).forEach(each -> expand(root, each, all, ordered));
    }
    for (var keyword : BRANCHES) {
      if (schema.has(keyword)) {
        expand(root, schema.path(keyword), all, ordered);
      }
    }
  }

  /** The shape of a member, if this value can be an object that declares it. */
  Optional<InputShape> member(String name) {
    var found =
        schemas.stream()
            .map(schema -> schema.path("properties").path(name))
            .filter(schema -> !schema.isMissingNode())
            .toList();
    return found.isEmpty() ? Optional.empty() : Optional.of(of(root, found));
  }

  /** The names of all declared members. */
  Set<String> members() {
    Set<String> names = new LinkedHashSet<>();
    schemas.forEach(schema -> schema.path("properties").fieldNames().forEachRemaining(names::add));
    return names;
  }

  /** Whether a member is there in every valid value. */
  boolean requires(String name) {
    for (var schema : schemas) {
      for (var required : schema.path("required")) {
        if (required.asText().equals(name)) {
          return true;
        }
      }
    }
    return false;
  }

  /** What a section around this value sees: the elements of a list, or the value itself. */
  InputShape inside() {
    List<JsonNode> elements = new ArrayList<>();
    for (var schema : schemas) {
      if (schema.has("items")) {
        elements.add(schema.path("items"));
      }
      schema.path("prefixItems").forEach(elements::add);
      if (isList(schema) && elements.isEmpty()) {
        elements.add(BooleanNode.TRUE);
      } else if (!isList(schema)) {
        elements.add(schema);
      }
    }
    return of(root, elements);
  }

  /** Whether this value can be a list. */
  boolean isList() {
    return schemas.stream().anyMatch(InputShape::isList);
  }

  /** Whether members may exist that no schema declares. */
  boolean open() {
    return schemas.stream().anyMatch(InputShape::isOpen);
  }

  private static boolean isList(JsonNode schema) {
    return hasType(schema, "array") || schema.has("items") || schema.has("prefixItems");
  }

  private static boolean isOpen(JsonNode schema) {
    var additional = schema.path("additionalProperties");
    if ((schema.isBoolean() && schema.booleanValue())
        || schema.has("patternProperties")
        || additional.isObject()
        || (additional.isBoolean() && additional.booleanValue())) {
      return true;
    }
    var saysMore =
        schema.has("properties")
            || schema.has("$ref")
            || additional.isBoolean()
            || schema.has("enum")
            || schema.has("const")
            || ALTERNATIVES.stream().anyMatch(schema::has);
    return !saysMore && (!schema.has("type") || hasType(schema, "object"));
  }

  private static boolean hasType(JsonNode schema, String type) {
    var declared = schema.path("type");
    if (declared.isArray()) {
      for (var each : declared) {
        if (each.asText().equals(type)) {
          return true;
        }
      }
    }
    return declared.asText().equals(type);
  }
}
