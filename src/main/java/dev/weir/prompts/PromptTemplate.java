package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;

/** A compiled prompt template. Thread-safe. */
public interface PromptTemplate {
  /**
   * The prompt for this input.
   *
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} if it grows over its limit
   */
  String render(JsonNode input);
}
