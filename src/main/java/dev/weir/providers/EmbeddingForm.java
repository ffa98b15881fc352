package dev.weir.providers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.gateway.Ask;
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

  private final int width;

  /** {@code width} is the bytes of a component. */
  EmbeddingForm(int width) {
    this.width = width;
  }

  /** The body of a request; one text goes as itself, since not every server takes lists. */
  ObjectNode request(Ask.Embedding ask, Target target) {
    var body = Json.object().put("model", target.model().name());
    if (ask.texts().size() == 1) {
      body.put("input", ask.texts().getFirst());
    } else {
      ask.texts().forEach(body.putArray("input")::add);
    }
    body.put("encoding_format", name().toLowerCase(Locale.ROOT));
    ask.dimensions().ifPresent(dimensions -> body.put("dimensions", dimensions));
    return body;
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
