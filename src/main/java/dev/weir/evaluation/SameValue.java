package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;

/**
 * Whether two answers are the same value: the order of fields and the spelling of numbers ({@code
 * 1}, {@code 1.0}, {@code 1e0}) do not matter, the order of elements and every letter do.
 */
final class SameValue {
  /** Told apart from {@link JsonNode#equals}: numbers by their value. */
  private static final Comparator<JsonNode> BY_VALUE =
      (one, other) -> {
        if (one.equals(other)) {
          return 0;
        }
        return one.isNumber()
                && other.isNumber()
                && one.decimalValue().compareTo(other.decimalValue()) == 0
            ? 0
            : 1;
      };

  private SameValue() {}

  /** Whether they are; null and absent differ. */
  static boolean of(JsonNode one, JsonNode other) {
    return one.equals(BY_VALUE, other);
  }
}
