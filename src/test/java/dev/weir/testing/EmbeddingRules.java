package dev.weir.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What embeddings endpoints accept. Perplexity's, told by its models' names, is like the real one:
 * its own models, its own two encodings, texts and no tokens, no more texts and dimensions than it
 * has, and no field that it does not know.
 */
final class EmbeddingRules {
  private static final Map<String, Integer> PERPLEXITY =
      Map.of("pplx-embed-v1-0.6b", 1024, "pplx-embed-v1-4b", 2560);
  private static final Set<String> FIELDS =
      Set.of("model", "input", "dimensions", "encoding_format");
  private static final int LEAST_DIMENSIONS = 128;
  private static final int MOST_TEXTS = 512;

  private EmbeddingRules() {}

  /** Whether a request is one for Perplexity. */
  static boolean isPerplexity(JsonNode body) {
    return body.path("model").asText("").startsWith("pplx-");
  }

  /** How many components the vectors of a request have. */
  static int dimensions(JsonNode body) {
    return body.path("dimensions").asInt(PERPLEXITY.getOrDefault(model(body), 1536));
  }

  /** The field at fault. */
  static Optional<String> fault(JsonNode body) {
    if (!model(body).isEmpty() && !isPerplexity(body)) {
      return Set.of("float", "base64").contains(body.path("encoding_format").asText("float"))
          ? faultOfInput(body.path("input"), 2048)
              .filter(_ -> !EmbeddingTokens.are(body.path("input")))
          : Optional.of("encoding_format");
    }
    for (var field : body.properties()) {
      if (!FIELDS.contains(field.getKey())) {
        return Optional.of(field.getKey());
      }
    }
    if (!PERPLEXITY.containsKey(model(body))) {
      return Optional.of("model");
    }
    if (!Set.of("base64_int8", "base64_binary")
        .contains(body.path("encoding_format").asText("base64_int8"))) {
      return Optional.of("encoding_format");
    }
    if (body.has("dimensions")
        && (!body.path("dimensions").isInt()
            || dimensions(body) < LEAST_DIMENSIONS
            || dimensions(body) > PERPLEXITY.get(model(body)))) {
      return Optional.of("dimensions");
    }
    return faultOfInput(body.path("input"), MOST_TEXTS);
  }

  private static Optional<String> faultOfInput(JsonNode input, int most) {
    if (input.isArray() && !input.isEmpty() && input.size() <= most) {
      for (var text : input) {
        if (!text.isTextual() || text.textValue().isEmpty()) {
          return Optional.of("input");
        }
      }
      return Optional.empty();
    }
    return input.isTextual() && !input.textValue().isEmpty()
        ? Optional.empty()
        : Optional.of("input");
  }

  private static String model(JsonNode body) {
    return body.path("model").asText("");
  }
}
