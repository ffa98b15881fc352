package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A document in a text.
 *
 * @param value what it says
 * @param start where it starts
 * @param end where it ends
 * @param edits what was repaired in it
 * @param fence the language of the code fence around it, empty for a fence without one, or {@link
 *     #UNFENCED}
 * @param afterComma whether a comma stands between it and the document before
 * @param aside whether it is a remark inside prose, like {@code [1]} or {@code {name}}
 */
record Found(
    JsonNode value,
    int start,
    int end,
    Edits edits,
    String fence,
    boolean afterComma,
    boolean aside) {

  /** The fence of a document that stands in none. */
  static final String UNFENCED = "-";

  /** Whether the document stands in a fence that says it is JSON. */
  boolean inJsonFence() {
    return fence.startsWith("json");
  }

  /** Whether the document stands in a fence of another language. */
  boolean inOtherFence() {
    return !fence.isEmpty() && !fence.equals(UNFENCED) && !inJsonFence();
  }

  /** Whether it holds nothing. */
  boolean empty() {
    return value.isContainerNode()
        ? value.isEmpty()
        : value.isTextual() && value.textValue().isEmpty();
  }
}
