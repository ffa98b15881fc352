package dev.weir.output;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.weir.core.Json;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Makes a tree fit to be stored and sent: no NUL and no half of a surrogate pair in any text (keys
 * too), no number so large that whoever reads it next chokes on it. The depth of what comes in is
 * bounded by whoever made it.
 */
final class CleanTree {
  private CleanTree() {}

  /**
   * The clean tree, its string values changed by {@code edit} as well; empty if it holds a number
   * beyond {@code 1e±}{@value Json#MAX_EXPONENT}.
   */
  static Optional<JsonNode> of(JsonNode tree, UnaryOperator<String> edit) {
    try {
      return Optional.of(copy(tree, edit));
    } catch (TooLarge _) {
      return Optional.empty();
    }
  }

  private static JsonNode copy(JsonNode node, UnaryOperator<String> edit) {
    return switch (node) {
      case ObjectNode object -> {
        var copy = Json.object();
        object
            .properties()
            .forEach(entry -> copy.set(clean(entry.getKey()), copy(entry.getValue(), edit)));
        yield copy;
      }
      case ArrayNode array -> {
        var copy = Json.mapper().createArrayNode();
        array.forEach(item -> copy.add(copy(item, edit)));
        yield copy;
      }
      default ->
          node.isTextual() ? TextNode.valueOf(edit.apply(clean(node.textValue()))) : checked(node);
    };
  }

  private static JsonNode checked(JsonNode node) {
    if (node.isBigDecimal()) {
      var value = node.decimalValue();
      if (Math.abs((long) value.precision() - value.scale()) > Json.MAX_EXPONENT) {
        throw new TooLarge();
      }
    }
    return node;
  }

  /** The text without NUL, and U+FFFD for each half of a surrogate pair. */
  static String clean(String text) {
    if (text.chars().noneMatch(c -> c == 0 || Character.isSurrogate((char) c))) {
      return text;
    }
    var out = new StringBuilder(text.length());
    text.codePoints()
        .filter(c -> c != 0)
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
        .forEach(out::appendCodePoint);
    return out.toString();
  }

  /** Ends a walk early. */
  private static final class TooLarge extends RuntimeException {
    TooLarge() {
      super(null, null, false, false);
    }
  }
}
