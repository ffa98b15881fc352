package dev.weir.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** Perplexity's embeddings and OpenAI's, as {@link FakeProvider} sends them. */
final class EmbeddingWire implements Dialect {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int PER_WORD = 20;

  @Override
  public Optional<Turn> refuse(JsonNode body) {
    return EmbeddingRules.fault(body)
        .map(field -> Turn.status(400).errorCode("invalid_request").errorParam(field));
  }

  @Override
  public String whole(Turn turn, JsonNode request) {
    var reply = JSON.objectNode().put("object", "list");
    var data = reply.putArray("data");
    var vectors = vectors(turn, request);
    for (var i = 0; i < vectors.size(); i++) {
      var entry = data.addObject().put("object", "embedding").put("index", i);
      put(entry, vectors.get(i), request);
    }
    reply.put("model", request.path("model").asText(""));
    if (turn.usage) {
      var usage = reply.putObject("usage");
      usage.put("prompt_tokens", turn.inputTokens).put("total_tokens", turn.inputTokens);
      if (EmbeddingRules.isPerplexity(request)) {
        var price = request.path("model").asText("").endsWith("-4b") ? "0.03" : "0.004";
        var cost =
            new BigDecimal(price).multiply(BigDecimal.valueOf(turn.inputTokens)).movePointLeft(6);
        usage
            .putObject("cost")
            .put("input_cost", cost)
            .put("total_cost", cost)
            .put("currency", "USD");
      }
    }
    return reply.toString();
  }

  private static List<byte[]> vectors(Turn turn, JsonNode request) {
    if (!turn.vectors.isEmpty()) {
      return turn.vectors;
    }
    var texts = new ArrayList<String>();
    if (EmbeddingTokens.are(request.path("input"))) {
      texts.addAll(EmbeddingTokens.texts(request.path("input")));
    } else if (request.path("input").isTextual()) {
      texts.add(request.path("input").textValue());
    } else {
      request.path("input").forEach(text -> texts.add(text.textValue()));
    }
    return texts.stream().map(text -> words(text, EmbeddingRules.dimensions(request))).toList();
  }

  /** Each word counts in one component, up or down. */
  private static byte[] words(String text, int dimensions) {
    var counts = new byte[dimensions];
    for (var word : text.split("\\W+", -1)) {
      if (!word.isEmpty()) {
        var at = Math.floorMod(word.hashCode(), dimensions);
        var step = (word.length() & 1) == 0 ? PER_WORD : -PER_WORD;
        counts[at] = (byte) Math.clamp(counts[at] + step, Byte.MIN_VALUE, Byte.MAX_VALUE);
      }
    }
    return counts;
  }

  private static void put(ObjectNode entry, byte[] vector, JsonNode request) {
    var form = request.path("encoding_format").asText("");
    if (EmbeddingRules.isPerplexity(request)) {
      entry.put("embedding", base64(form.equals("base64_binary") ? signs(vector) : vector));
    } else if (form.equals("base64")) {
      var bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (var number : vector) {
        bytes.putFloat(number / 128f);
      }
      entry.put("embedding", base64(bytes.array()));
    } else {
      var numbers = entry.putArray("embedding");
      for (var number : vector) {
        numbers.add(number / 128f);
      }
    }
  }

  private static byte[] signs(byte[] vector) {
    var bits = new BitSet(vector.length);
    for (var i = 0; i < vector.length; i++) {
      bits.set(i, vector[i] > 0);
    }
    return Arrays.copyOf(bits.toByteArray(), vector.length / 8);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  @Override
  public String error(Turn turn) {
    return new AgentWire().error(turn);
  }

  @Override
  public List<String> opening(Turn turn, JsonNode request) {
    throw noStream();
  }

  @Override
  public String part(Turn turn, int index, String text) {
    throw noStream();
  }

  @Override
  public List<String> ending(Turn turn, JsonNode request) {
    throw noStream();
  }

  @Override
  public String broken(Turn turn) {
    throw noStream();
  }

  private static IllegalStateException noStream() {
    return new IllegalStateException("vectors are not streamed");
  }
}
