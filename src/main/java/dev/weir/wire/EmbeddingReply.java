package dev.weir.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.node.BinaryNode;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Call;
import dev.weir.gateway.Vectors;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Writes vectors in the shape of OpenAI's embeddings, number by number and without a tree. */
public final class EmbeddingReply {
  private static final int ENVELOPE = 60;

  /** The bytes that a number takes, with its comma: seven to nine digits or a small whole one. */
  private static final long NUMBER = 10;

  private static final SerializableString[] WHOLE = whole();

  private static final long FIRST_ROOM = 32 << 20;

  private EmbeddingReply() {}

  /** About how many bytes the reply will have. */
  public static long size(Call.OfEmbedding call, Answer answer) {
    var size = (long) ENVELOPE;
    for (var vector : answer.data().orElseThrow()) {
      var packed = ((BinaryNode) vector).binaryValue().length;
      size += ENVELOPE + (call.ask().packed() ? packed * 4L / 3 : packed / Float.BYTES * NUMBER);
    }
    return size;
  }

  /**
   * The whole reply: lists of numbers, or base64 of little-endian {@code float32} where the call
   * asked for that; under the model's name as the caller said it. May run on any thread.
   *
   * @param answer with vectors as its data
   * @param usage what it is said to have taken
   */
  public static Buffer of(Call.OfEmbedding call, Answer answer, Usage usage) {
    var bytes = new ByteArrayOutputStream((int) Math.min(size(call, answer), FIRST_ROOM));
    try (var json = Json.mapper().createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("object", "list");
      json.writeArrayFieldStart("data");
      var vectors = answer.data().orElseThrow();
      for (var i = 0; i < vectors.size(); i++) {
        json.writeStartObject();
        json.writeStringField("object", "embedding");
        json.writeNumberField("index", i);
        json.writeFieldName("embedding");
        if (call.ask().packed()) {
          json.writeBinary(vectors.get(i).binaryValue());
        } else {
          write(json, Vectors.floats(vectors.get(i).binaryValue()));
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeStringField("model", call.model());
      json.writeObjectFieldStart("usage");
      json.writeNumberField("prompt_tokens", usage.inputTokens());
      json.writeNumberField("total_tokens", usage.totalTokens());
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("vectors can always be written", e);
    }
    return Buffer.buffer(bytes.toByteArray());
  }

  private static void write(JsonGenerator json, float[] vector) throws IOException {
    json.writeStartArray();
    for (var number : vector) {
      var whole = (int) number;
      if (whole == number && whole >= Byte.MIN_VALUE && whole <= Byte.MAX_VALUE) {
        json.writeRawValue(WHOLE[whole - Byte.MIN_VALUE]);
      } else {
        json.writeNumber(number);
      }
    }
    json.writeEndArray();
  }

  /** What Perplexity's vectors are of, as {@code writeNumber} would write each, but for the -0. */
  private static SerializableString[] whole() {
    var all = new SerializableString[1 << Byte.SIZE];
    for (var i = 0; i < all.length; i++) {
      all[i] = new SerializedString(Float.toString(Byte.MIN_VALUE + i));
    }
    return all;
  }
}
