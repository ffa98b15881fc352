package dev.weir.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What a caller asks for, decoded by its door and not yet judged. Immutable by agreement: nobody
 * edits the trees.
 */
public sealed interface Call {
  /** Whether the answer is wanted piece by piece. */
  boolean stream();

  /** What the caller chose for this one call. */
  CallOptions options();

  /**
   * A call of a declared function.
   *
   * @param function its name
   * @param input its input, not yet validated
   */
  record OfFunction(String function, JsonNode input, boolean stream, CallOptions options)
      implements Call {}

  /**
   * A chat completion on a model.
   *
   * @param model {@code provider/model} or a logical name
   * @param body the whole request in OpenAI's shape, unknown fields included: they pass through to
   *     providers that speak it
   */
  record OfModel(String model, ObjectNode body, boolean stream, CallOptions options)
      implements Call {}

  /**
   * The vectors of some texts.
   *
   * @param model {@code provider/model} or a logical name
   * @param ask what is asked of it
   */
  record OfEmbedding(String model, Ask.Embedding ask, CallOptions options) implements Call {
    @Override
    public boolean stream() {
      return false;
    }
  }
}
