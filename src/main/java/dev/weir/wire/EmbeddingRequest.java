package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Decodes a request for vectors in OpenAI's shape. What is unknown is refused: a provider that does
 * not get it would give other vectors than the caller believes.
 */
public final class EmbeddingRequest {
  /** OpenAI's own bound; providers may have lower ones. */
  private static final int MOST_TEXTS = 2048;

  private static final long MOST_DIMENSIONS = 8192;
  private static final List<String> KNOWN =
      List.of("model", "input", "encoding_format", "dimensions", "user");

  private EmbeddingRequest() {}

  /**
   * The call in a body. {@code user} is taken, as clients send it, and passed on to nobody.
   *
   * @param body the parsed body
   * @param options what the caller chose beside the body
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} with the path of what is wrong as {@code
   *     param}
   */
  public static Call.OfEmbedding decode(JsonNode body, CallOptions options) {
    var members = Members.of(body, "").only(KNOWN);
    var model =
        members
            .text("model")
            .filter(name -> !name.isBlank())
            .orElseThrow(
                () ->
                    Members.fault(
                        "model",
                        "is missing; name a model as a string. GET /v1/models lists those there"
                            + " are."));
    return new Call.OfEmbedding(
        model,
        new Ask.Embedding(texts(body.path("input")), dimensions(members), packed(members)),
        options);
  }

  private static List<String> texts(JsonNode input) {
    if (input.isTextual()) {
      return List.of(text(input, "input"));
    }
    if (!input.isArray() || input.isEmpty() || input.size() > MOST_TEXTS) {
      throw Members.fault(
          "input", "must be a string, or an array of 1 to " + MOST_TEXTS + " strings.");
    }
    var texts = new ArrayList<String>(input.size());
    for (var i = 0; i < input.size(); i++) {
      texts.add(text(input.get(i), "input[" + i + "]"));
    }
    return texts;
  }

  private static String text(JsonNode text, String at) {
    if (text.isNumber() || text.isArray()) {
      throw Members.fault(
          at,
          "is a token; each model has tokens of its own, so send the text itself. Some clients have"
              + " to be told (LangChain: check_embedding_ctx_length=False).");
    }
    if (!text.isTextual() || text.textValue().isEmpty()) {
      throw Members.fault(
          at,
          "must be a string that is not empty"
              + (text.isTextual() ? "." : ", but is " + Members.kind(text) + "."));
    }
    return text.textValue();
  }

  private static OptionalInt dimensions(Members members) {
    return members
        .wholeNumber("dimensions", 1)
        .map(
            wish -> {
              if (wish > MOST_DIMENSIONS) {
                throw Members.fault("dimensions", "must be at most " + MOST_DIMENSIONS + ".");
              }
              return OptionalInt.of(wish.intValue());
            })
        .orElse(OptionalInt.empty());
  }

  private static boolean packed(Members members) {
    var format = members.text("encoding_format").orElse("float");
    return switch (format) {
      case "float" -> false;
      case "base64" -> true;
      default ->
          throw Members.fault(
              "encoding_format",
              "must be float or base64 (of float32, little-endian), whatever the provider's own"
                  + " formats are.");
    };
  }
}
