package dev.weir.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The vectors of texts as the data of an answer: a list with one binary node for each text, its
 * components as little-endian {@code float32}. So they take four bytes a component and not a node,
 * and JSON writes them as the base64 that OpenAI's clients ask for.
 */
public final class Vectors {
  private Vectors() {}

  /** The data that holds these vectors, in their order. */
  public static ArrayNode of(List<float[]> vectors) {
    var data = JsonNodeFactory.instance.arrayNode(vectors.size());
    for (var vector : vectors) {
      var bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(vector);
      data.add(bytes.array());
    }
    return data;
  }

  /**
   * The vectors in such data, in their order.
   *
   * @throws IllegalArgumentException if it holds anything else
   */
  public static List<float[]> in(JsonNode data) {
    var vectors = new ArrayList<float[]>(data.size());
    for (var node : data) {
      if (!(node instanceof BinaryNode packed)) {
        throw new IllegalArgumentException("the data holds something other than vectors");
      }
      vectors.add(floats(packed.binaryValue()));
    }
    return vectors;
  }

  /** The components in packed bytes; what is left over of the last one is dropped. */
  public static float[] floats(byte[] packed) {
    var floats = new float[packed.length / Float.BYTES];
    ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }
}
