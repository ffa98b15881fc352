package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A JSON Schema (draft 2020-12) of a function's input or output. Thread-safe.
 *
 * <p>References stay within the schema ({@code #/$defs/...}), {@code pattern} is matched in linear
 * time by RE2, and {@code format} is asserted. Nothing is ever loaded from a file or an address.
 */
public interface Schema {
  /** Violations that one validation reports at most. */
  int MAX_VIOLATIONS = 20;

  /**
   * A schema from its tree, which must not be changed afterwards.
   *
   * @throws IllegalArgumentException if it is not a schema that Weir accepts; the message names
   *     every fault
   */
  static Schema of(JsonNode node) {
    var faults = SchemaCheck.faultsOf(node, JsonPath.ROOT);
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException(
          faults.stream()
              .map(fault -> fault.path() + " " + fault.message())
              .collect(Collectors.joining("; ")));
    }
    return CompiledSchema.ofChecked(node);
  }

  /** The schema itself, as it travels to a provider or into the catalogue; nobody edits it. */
  JsonNode node();

  /**
   * In which ways {@code value} breaks the schema: empty if it is valid, at most the first {@value
   * #MAX_VIOLATIONS}. Linear in the size of the value for the schemas that functions have, so fit
   * for an event loop.
   */
  List<Violation> validate(JsonNode value);
}
