package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.EmbeddingInput;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * Decodes a request for vectors in OpenAI's shape. What is unknown is refused: a provider that does
 * not get it would give other vectors than the caller believes.
 */
public final class EmbeddingRequest {
  /** OpenAI's own bound; providers may have lower ones. */
  private static final int MOST_INPUTS = 2048;

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
        new Ask.Embedding(input(body.path("input")), dimensions(members), packed(members)),
        options);
  }

  /** As the first element says: texts, tokens of one text, or lists of such. */
  private static EmbeddingInput input(JsonNode input) {
    if (input.isTextual()) {
      return new EmbeddingInput.Texts(List.of(text(input, "input")));
    }
    if (input instanceof ArrayNode array && array.path(0).isNumber()) {
      return tokens(JsonNodeFactory.instance.arrayNode(1).add(array), _ -> "input");
    }
    if (!(input instanceof ArrayNode array) || array.isEmpty() || array.size() > MOST_INPUTS) {
      throw Members.fault(
          "input",
          "must be a string, or an array of 1 to "
              + MOST_INPUTS
              + " strings; or tokens of the model's own in place of each, as numbers.");
    }
    if (array.path(0).isArray()) {
      return tokens(array, i -> "input[" + i + "]");
    }
    var texts = new ArrayList<String>(array.size());
    for (var i = 0; i < array.size(); i++) {
      texts.add(text(array.get(i), "input[" + i + "]"));
    }
    return new EmbeddingInput.Texts(texts);
  }

  private static EmbeddingInput tokens(ArrayNode lists, IntFunction<String> at) {
    var count = 0L;
    for (var i = 0; i < lists.size(); i++) {
      var list = lists.get(i);
      if (!list.isArray() || list.isEmpty()) {
        throw Members.fault(at.apply(i), "must be an array of tokens, at least one.");
      }
      for (var j = 0; j < list.size(); j++) {
        var token = list.get(j);
        if (!token.isInt() || token.intValue() < 0) {
          throw Members.fault(
              at.apply(i) + "[" + j + "]", "must be a token: a whole number from 0.");
        }
      }
      count += list.size();
    }
    return new EmbeddingInput.Tokens(lists, count);
  }

  private static String text(JsonNode text, String at) {
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
