package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.gateway.Ask;
import dev.weir.gateway.ModelRef;
import java.util.Map;
import java.util.OptionalInt;

/** How many components the vectors of well-known models have, and how many are given at once. */
final class VectorSizes {
  /** 2048 texts, the most that OpenAI takes, of 1536 components: 12 MiB, and 16 in base64. */
  static final int MOST_IN_ALL = 2048 * 1536;

  private static final Map<String, Integer> SIZES =
      Map.of(
          "perplexity/pplx-embed-v1-0.6b", 1024,
          "perplexity/pplx-embed-v1-4b", 2560,
          "openai/text-embedding-3-small", 1536,
          "openai/text-embedding-3-large", 3072);

  private VectorSizes() {}

  /** That of each vector asked for; empty where the model is not known here and nobody says. */
  static OptionalInt of(Ask.Embedding ask, ModelRef model) {
    var size = SIZES.get(model.toString());
    return ask.dimensions().isPresent() || size == null ? ask.dimensions() : OptionalInt.of(size);
  }

  /**
   * Refuses what would have too many components in all, before it is paid for: nobody would want to
   * hold the answer.
   *
   * @throws AIError {@code INVALID_REQUEST}
   */
  static void check(Ask.Embedding ask, ModelRef model) {
    var size = of(ask, model);
    if (size.isPresent() && (long) ask.input().size() * size.getAsInt() > MOST_IN_ALL) {
      throw AIError.invalid(
              "input has "
                  + ask.input().size()
                  + " texts, whose vectors of "
                  + size.getAsInt()
                  + " components are more than fit into one answer; send at most "
                  + MOST_IN_ALL / size.getAsInt()
                  + " at once.")
          .with("param", "input");
    }
  }
}
