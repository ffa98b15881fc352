package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;

/** The corpus files, and random values. */
final class Samples {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private Samples() {}

  /** A broken text and what it means. */
  record Sample(String kind, String input, JsonNode value) {}

  static List<Sample> of(String file) {
    try (var stream = Objects.requireNonNull(Samples.class.getResourceAsStream(file))) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(Samples::read)
          .map(
              line ->
                  new Sample(
                      line.path("kind").asText(), line.get("input").asText(), line.get("value")))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode read(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether two values are the same JSON; 1 and 1.0 are the same number. */
  static boolean same(JsonNode one, JsonNode other) {
    if (one.isNumber() && other.isNumber()) {
      return one.decimalValue().compareTo(other.decimalValue()) == 0;
    }
    if (one.getNodeType() != other.getNodeType() || one.size() != other.size()) {
      return false;
    }
    if (one.isArray()) {
      for (var i = 0; i < one.size(); i++) {
        if (!same(one.get(i), other.get(i))) {
          return false;
        }
      }
      return true;
    }
    if (one.isObject()) {
      for (var member : one.properties()) {
        var there = other.get(member.getKey());
        if (there == null || !same(member.getValue(), there)) {
          return false;
        }
      }
      return true;
    }
    return one.asText().equals(other.asText());
  }

  /** Whether every part of the smaller value is in the larger one, as far as it goes. */
  static boolean within(JsonNode smaller, JsonNode larger) {
    if (smaller.isMissingNode()) {
      return true;
    }
    if (smaller.getNodeType() != larger.getNodeType()) {
      return false;
    }
    if (smaller.isTextual()) {
      return larger.textValue().startsWith(smaller.textValue());
    }
    if (smaller.isArray()) {
      for (var i = 0; i < smaller.size(); i++) {
        if (i >= larger.size() || !within(smaller.get(i), larger.get(i))) {
          return false;
        }
      }
      return true;
    }
    if (smaller.isObject()) {
      for (var member : smaller.properties()) {
        var there = larger.get(member.getKey());
        if (there == null || !within(member.getValue(), there)) {
          return false;
        }
      }
      return true;
    }
    return smaller.isNumber() || smaller.equals(larger);
  }

  static ObjectNode object(RandomGenerator random, int depth) {
    var object = JsonNodeFactory.instance.objectNode();
    var size = 1 + random.nextInt(4);
    for (var i = 0; i < size; i++) {
      object.set("key_" + i + word(random), value(random, depth - 1));
    }
    return object;
  }

  static JsonNode value(RandomGenerator random, int depth) {
    var nodes = JsonNodeFactory.instance;
    return switch (random.nextInt(depth > 0 ? 9 : 6)) {
      case 0 -> nodes.numberNode(random.nextInt(-1000, 100_000));
      case 1 -> nodes.numberNode(random.nextInt(1, 10_000) / 16.0);
      case 2 -> nodes.booleanNode(random.nextBoolean());
      case 3 -> nodes.nullNode();
      case 4, 5 -> nodes.textNode(sentence(random));
      case 6 -> array(random, depth);
      default -> object(random, depth);
    };
  }

  private static ArrayNode array(RandomGenerator random, int depth) {
    var array = JsonNodeFactory.instance.arrayNode();
    var size = random.nextInt(5);
    for (var i = 0; i < size; i++) {
      array.add(value(random, depth - 1));
    }
    return array;
  }

  static String sentence(RandomGenerator random) {
    var out = new StringBuilder(word(random));
    var words = random.nextInt(6);
    for (var i = 0; i < words; i++) {
      out.append(' ').append(word(random));
    }
    return out.append(random.nextBoolean() ? "." : "").toString();
  }

  private static String word(RandomGenerator random) {
    var words = List.of("alpha", "Beta", "größe", "naïve", "v2", "x", "Zürich", "日本", "résumé");
    return words.get(random.nextInt(words.size()));
  }
}
