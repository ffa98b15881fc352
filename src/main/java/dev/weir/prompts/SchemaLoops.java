package dev.weir.prompts;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Finds schemas that would keep a validator busy without getting deeper into the value: a reference
 * that leads back to itself, and shapes that multiply ({@code anyOf} of references to {@code anyOf}
 * of references ...).
 *
 * <p>The cost of a schema is one plus the cost of everything that is tried on the very same value;
 * a loop has none. A recursive schema is fine as long as each round goes one level down.
 */
final class SchemaLoops {
  private static final long MAX_COST = 500;
  private static final long BEING_VISITED = -1;
  private static final List<String> SAME_VALUE = List.of("not", "if", "then", "else");
  private static final List<String> SAME_VALUE_EACH = List.of("allOf", "anyOf", "oneOf");

  private final JsonNode root;
  private final IdentityHashMap<JsonNode, Long> costs = new IdentityHashMap<>();
  private final List<Violation> faults = new ArrayList<>();

  private SchemaLoops(JsonNode root) {
    this.root = root;
  }

  /**
   * The faults of a schema whose references all resolve; {@code path} is where it stands in its
   * file.
   */
  static List<Violation> faultsOf(JsonNode root, String path) {
    var loops = new SchemaLoops(root);
    loops.visit(root, path);
    return loops.faults;
  }

  /** What {@code #/a/b} points at within {@code root}; missing if nothing. */
  static JsonNode resolve(JsonNode root, String reference) {
    try {
      return root.at(JsonPointer.compile(reference.substring(1)));
    } catch (IllegalArgumentException notAPointer) {
      return MissingNode.getInstance();
    }
  }

  /** Walks to every object of the schema, so that a loop is found wherever it starts. */
  private void visit(JsonNode node, String path) {
    if (node.isObject()) {
      if (!costs.containsKey(node)) {
        cost(node, path);
      }
      node.properties().forEach(e -> visit(e.getValue(), JsonPath.child(path, e.getKey())));
    } else if (node.isArray()) {
      for (var i = 0; i < node.size(); i++) {
        visit(node.get(i), JsonPath.item(path, i));
      }
    }
  }

  private long cost(JsonNode schema, String path) {
    if (!schema.isObject()) {
      return 1;
    }
    var known = costs.get(schema);
    if (known != null) {
      if (known == BEING_VISITED) {
        fault(path, "refers to itself without going deeper into the value");
      }
      return Math.max(known, 1);
    }
    costs.put(schema, BEING_VISITED);
    var cost = 1L;
    if (schema.path("$ref").asText().startsWith("#")) {
      cost += cost(resolve(root, schema.path("$ref").asText()), path);
    }
    for (var keyword : SAME_VALUE) {
      if (schema.has(keyword)) {
        cost += cost(schema.path(keyword), JsonPath.child(path, keyword));
      }
    }
    for (var keyword : SAME_VALUE_EACH) {
      var all = schema.path(keyword);
      for (var i = 0; all.isArray() && i < all.size(); i++) {
        cost += cost(all.get(i), JsonPath.item(JsonPath.child(path, keyword), i));
      }
    }
    for (var dependent : schema.path("dependentSchemas").properties()) {
      cost += cost(dependent.getValue(), JsonPath.child(path, dependent.getKey()));
    }
    if (cost > MAX_COST) {
      fault(path, "tries more than " + MAX_COST + " shapes on one value; make it simpler");
      cost = MAX_COST;
    }
    costs.put(schema, cost);
    return cost;
  }

  private void fault(String path, String reason) {
    if (faults.isEmpty()) {
      faults.add(new Violation(path, reason));
    }
  }
}
