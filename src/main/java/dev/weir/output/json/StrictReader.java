package dev.weir.output.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * The fast path: RFC 8259 and nothing else, by Jackson's streaming parser. It builds the tree
 * itself, so that numbers keep their exact value (a decimal that a double cannot hold becomes a big
 * decimal) and duplicate keys follow the declared policy.
 */
final class StrictReader {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int SURE_DOUBLE_DIGITS = 15;

  private final JsonFactory factory;
  private final boolean firstKeyWins;

  StrictReader(Options options) {
    this.factory =
        options.maxDepth() == 1000 ? Factories.DEEPEST : Factories.of(options.maxDepth());
    this.firstKeyWins = options.duplicateKeys() == Options.DuplicateKeys.FIRST;
  }

  /** The factories: building one costs more than reading a short document. */
  private static final class Factories {
    static final JsonFactory DEEPEST = of(1000);

    static JsonFactory of(int depth) {
      return JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(depth)
                  .maxNumberLength(Numbers.MOST_DIGITS)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();
    }
  }

  /** The value, if the whole text is one valid document within the depth. */
  Optional<JsonNode> read(char[] chars, int length) {
    try (var parser = factory.createParser(chars, 0, length)) {
      var value = tree(parser);
      return value.isPresent() && parser.nextToken() == null ? value : Optional.empty();
    } catch (IOException | NumberFormatException _) {
      return Optional.empty();
    }
  }

  /** The value that starts at a place, and the place after it, if it is valid as far as it goes. */
  Optional<Prefix> readPrefix(char[] chars, int from, int length) {
    try (var parser = factory.createParser(chars, from, length - from)) {
      var value = tree(parser);
      return value.map(v -> new Prefix(v, from + (int) parser.currentLocation().getCharOffset()));
    } catch (IOException | NumberFormatException _) {
      return Optional.empty();
    }
  }

  /** A valid value and the place where it ends. */
  record Prefix(JsonNode value, int end) {}

  private Optional<JsonNode> tree(JsonParser parser) throws IOException {
    var token = parser.nextToken();
    if (token == null) {
      return Optional.empty();
    }
    if (!token.isStructStart()) {
      return Optional.of(scalar(parser, token));
    }
    JsonNode root = token == JsonToken.START_OBJECT ? NODES.objectNode() : NODES.arrayNode();
    var open = new ArrayDeque<JsonNode>();
    open.push(root);
    var key = "";
    while (!open.isEmpty()) {
      token = parser.nextToken();
      if (token == null) {
        return Optional.empty();
      }
      switch (token) {
        case FIELD_NAME -> key = parser.currentName();
        case END_OBJECT, END_ARRAY -> open.pop();
        case START_OBJECT -> open.push(put(open.element(), key, NODES.objectNode()));
        case START_ARRAY -> open.push(put(open.element(), key, NODES.arrayNode()));
        default -> put(open.element(), key, scalar(parser, token));
      }
    }
    return Optional.of(root);
  }

  private JsonNode put(JsonNode parent, String key, JsonNode value) {
    if (parent instanceof ArrayNode array) {
      array.add(value);
    } else if (parent instanceof ObjectNode object) {
      if (!firstKeyWins) {
        object.set(key, value);
      } else {
        object.putIfAbsent(key, value);
      }
    }
    return value;
  }

  private static JsonNode scalar(JsonParser parser, JsonToken token) throws IOException {
    return switch (token) {
      case VALUE_STRING -> NODES.textNode(parser.getText());
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT -> NODES.numberNode(parser.getIntValue());
            case LONG -> NODES.numberNode(parser.getLongValue());
            default -> NODES.numberNode(parser.getBigIntegerValue());
          };
      case VALUE_NUMBER_FLOAT ->
          Numbers.real(parser.getText(), parser.getTextLength() <= SURE_DOUBLE_DIGITS);
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      default -> throw new JsonProcessingException("no value") {};
    };
  }
}
