package dev.weir.providers;

import dev.weir.gateway.ModelRef;
import java.util.Map;
import java.util.OptionalInt;

/** How many components the vectors of well-known models have, where nobody asks for fewer. */
final class VectorSizes {
  private static final Map<String, Integer> SIZES =
      Map.of(
          "perplexity/pplx-embed-v1-0.6b", 1024,
          "perplexity/pplx-embed-v1-4b", 2560,
          "openai/text-embedding-3-small", 1536,
          "openai/text-embedding-3-large", 3072);

  private VectorSizes() {}

  /** That of a model; empty for one that is not known here. */
  static OptionalInt of(ModelRef model) {
    var size = SIZES.get(model.toString());
    return size == null ? OptionalInt.empty() : OptionalInt.of(size);
  }
}
