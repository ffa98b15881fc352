package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Locale;
import java.util.Set;

/** The conversions between types that have one meaning. */
final class Coercions {
  private Coercions() {}

  /** The value as one of the types, or a missing node if no conversion is certain. */
  static JsonNode convert(JsonNode value, Set<String> types, Options options) {
    if (value.isTextual()) {
      var converted = ofText(value.textValue().strip(), types, options);
      if (!converted.isMissingNode()) {
        return converted;
      }
    }
    if (value.isArray() && value.size() == 1 && Schemas.hasType(value.get(0), types)) {
      return value.get(0);
    }
    if (value.isNumber() && types.contains("integer") && Schemas.isWhole(value)) {
      return Numbers.whole(value.decimalValue().toBigInteger());
    }
    if ((value.isNumber() || value.isBoolean()) && types.contains("string")) {
      return TextNode.valueOf(value.asText());
    }
    if (types.contains("array") && !value.isArray()) {
      return JsonNodeFactory.instance.arrayNode().add(value);
    }
    return MissingNode.getInstance();
  }

  private static JsonNode ofText(String text, Set<String> types, Options options) {
    if (types.contains("integer") || types.contains("number")) {
      var number = text.length() > 64 ? null : Numbers.strict(text);
      if (number != null && number.isNumber()) {
        if (types.contains("number")) {
          return number;
        }
        if (Schemas.isWhole(number)) {
          return number.isIntegralNumber()
              ? number
              : Numbers.whole(number.decimalValue().toBigInteger());
        }
      }
    }
    var word = text.length() > 5 ? "" : text.toLowerCase(Locale.ROOT);
    if (types.contains("boolean") && (word.equals("true") || word.equals("false"))) {
      return BooleanNode.valueOf(word.equals("true"));
    }
    if (types.contains("null") && (word.equals("null") || word.equals("none"))) {
      return NullNode.getInstance();
    }
    var container =
        (types.contains("object") && text.startsWith("{"))
            || (types.contains("array") && text.startsWith("["));
    if (container) {
      var inner = JsonRepair.repair(text, options).value();
      if (inner.isContainerNode() && Schemas.hasType(inner, types)) {
        return inner;
      }
    }
    return MissingNode.getInstance();
  }

  /** The name of a value's type, as JSON Schema has it. */
  static String typeOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      case MISSING, BINARY, POJO -> "nothing";
      default -> value.getNodeType().name().toLowerCase(Locale.ROOT);
    };
  }
}
