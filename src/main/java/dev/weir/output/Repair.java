package dev.weir.output;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.gateway.Repairs;
import java.util.Optional;

/** Repairs broken JSON. Total: any text has an answer, in time linear in its length. */
@FunctionalInterface
interface Repair {
  /** The value that {@code text} most likely means, guided by {@code schema}; empty if none. */
  Optional<Mended> repair(String text, JsonNode schema);

  /**
   * A repaired value.
   *
   * @param value the value, which belongs to the caller
   * @param repairs what was changed
   */
  record Mended(JsonNode value, Repairs repairs) {}
}
