package dev.weir.providers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.EmbeddingInput;
import dev.weir.gateway.Target;
import dev.weir.gateway.Vectors;
import java.util.Base64;
import java.util.Locale;

/** In which form vectors are asked of a provider, by OpenAI's name of it. */
enum EmbeddingForm {
  /** Lists of numbers. */
  FLOAT(Float.BYTES),
  /** Base64 of little-endian {@code float32}. */
  BASE64(Float.BYTES),
  /**
   * Base64 of signed bytes, of any length: only the cosine of two such vectors says anything.
   * Perplexity's own; it knows no other that holds more than signs.
   */
  BASE64_INT8(1);

  /** The most components that a vector may have. */
  static final int MOST_DIMENSIONS = 8192;

  /** The bytes that OpenAI takes to write a number out, with its comma: 17 digits and more. */
  private static final int WRITTEN = 24;

  private final int width;

  /** {@code width} is the bytes of a component. */
  EmbeddingForm(int width) {
    this.width = width;
  }

  /**
   * The body of a request; one text goes as itself, since not every server takes lists, and so do
   * its tokens.
   */
  ObjectNode request(Ask.Embedding ask, Target target) {
    var body = Json.object().put("model", target.model().name());
    switch (ask.input()) {
      case EmbeddingInput.Texts(var texts) when texts.size() == 1 ->
          body.put("input", texts.getFirst());
      case EmbeddingInput.Texts(var texts) -> texts.forEach(body.putArray("input")::add);
      case EmbeddingInput.Tokens(var lists, _) ->
          body.set("input", lists.size() == 1 ? lists.get(0) : lists);
    }
    body.put("encoding_format", name().toLowerCase(Locale.ROOT));
    ask.dimensions().ifPresent(dimensions -> body.put("dimensions", dimensions));
    return body;
  }

  /**
   * In which form a server of OpenAI's protocol is asked: packed where that is wanted, or where the
   * numbers would not fit into an answer as text, of which each takes five times as much. A server
   * that knows numbers only sends them all the same.
   */
  static EmbeddingForm forOpenAi(Ask.Embedding ask, Target target) {
    var size = VectorSizes.of(ask, target.model()).orElse(0);
    return ask.packed() || (long) ask.input().size() * size * WRITTEN > EmbeddingReader.MOST_BYTES
        ? BASE64
        : FLOAT;
  }

  /** Whether a provider may answer with lists of numbers. */
  boolean takesNumbers() {
    return this != BASE64_INT8;
  }

  /**
   * The components in a text of this form.
   *
   * @throws IllegalArgumentException if it is not of this form, with words that say why
   */
  float[] decode(String text) {
    if (text.length() > 4 * Math.ceilDiv(MOST_DIMENSIONS * width, 3)) {
      throw new IllegalArgumentException("a vector has more than " + MOST_DIMENSIONS + " numbers");
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("a vector is not valid base64", e);
    }
    if (bytes.length % width != 0) {
      throw new IllegalArgumentException("a vector ends in the middle of a number");
    }
    return this == BASE64_INT8 ? signed(bytes) : Vectors.floats(bytes);
  }

  private static float[] signed(byte[] bytes) {
    var numbers = new float[bytes.length];
    for (var i = 0; i < bytes.length; i++) {
      numbers[i] = bytes[i];
    }
    return numbers;
  }
}
