package dev.weir.output;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/** Repairs broken JSON. Total: any text has an answer, in time linear in its length. */
@FunctionalInterface
interface Repair {
  /** Repairs nothing. */
  Repair NONE = (_, _) -> Optional.empty();

  /** The value that {@code text} most likely means, guided by {@code schema}; empty if none. */
  Optional<Mended> repair(String text, JsonNode schema);

  /**
   * A repaired value.
   *
   * @param value the value, which belongs to the caller
   * @param edits what was changed, in words; bounded
   */
  record Mended(JsonNode value, List<String> edits) {
    /** Copies the edits. */
    public Mended {
      edits = List.copyOf(edits);
    }
  }
}
