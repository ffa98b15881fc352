package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads the fields of a request's object; whatever is wrong is an {@code INVALID_REQUEST} that
 * names the field.
 */
final class Fields {
  private static final int MAX_AMOUNT_DIGITS = 12;

  private final ObjectNode body;

  private Fields(ObjectNode body) {
    this.body = body;
  }

  /** The fields of an object that may have these and no others. */
  static Fields of(JsonNode json, Set<String> allowed) {
    if (!(json instanceof ObjectNode object)) {
      throw AIError.invalid("The body must be a JSON object.");
    }
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!allowed.contains(name)) {
                throw AIError.invalid(
                    "'"
                        + (name.length() > 40 ? name.substring(0, 40) + "…" : name)
                        + "' is not a field of this request; it may have "
                        + allowed.stream().sorted().collect(Collectors.joining(", "))
                        + ".");
              }
            });
    return new Fields(object);
  }

  private Optional<JsonNode> present(String name) {
    return Optional.ofNullable(body.get(name)).filter(node -> !node.isNull());
  }

  Optional<String> text(String name) {
    return present(name)
        .map(
            node -> {
              if (!node.isTextual()) {
                throw AIError.invalid("'" + name + "' must be a string.");
              }
              return node.textValue();
            });
  }

  /** A text of at most so many characters. */
  Optional<String> text(String name, int most) {
    return text(name)
        .map(
            text -> {
              if (text.length() > most) {
                throw AIError.invalid("'" + name + "' must have at most " + most + " characters.");
              }
              return text;
            });
  }

  String requiredText(String name) {
    return text(name).orElseThrow(() -> AIError.invalid("'" + name + "' is missing."));
  }

  Optional<Integer> count(String name) {
    return present(name)
        .map(
            node -> {
              if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0) {
                throw AIError.invalid(
                    "'" + name + "' must be a whole number that is not negative.");
              }
              return node.intValue();
            });
  }

  /** A number in these bounds. */
  Optional<Double> above(String name, double least, double most) {
    return present(name)
        .map(
            node -> {
              var number = node.isNumber() ? node.doubleValue() : Double.NaN;
              if (!(number >= least && number <= most)) {
                throw AIError.invalid(
                    "'" + name + "' must be a number above 0, from " + least + " to " + most + ".");
              }
              return number;
            });
  }

  /** Whether it is true; false where it is left out. */
  boolean flag(String name) {
    return present(name)
        .map(
            node -> {
              if (!node.isBoolean()) {
                throw AIError.invalid("'" + name + "' must be true or false.");
              }
              return node.booleanValue();
            })
        .orElse(false);
  }

  List<String> texts(String name) {
    return present(name)
        .map(
            node -> {
              if (!node.isArray()) {
                throw AIError.invalid("'" + name + "' must be an array of strings.");
              }
              var texts = new ArrayList<String>();
              for (var element : node) {
                if (!element.isTextual()) {
                  throw AIError.invalid("'" + name + "' must be an array of strings.");
                }
                texts.add(element.textValue());
              }
              return List.<String>copyOf(texts);
            })
        .orElse(List.of());
  }

  /** A span such as {@code 90d}, {@code 12h}, {@code 30m} or {@code 45s}. */
  Optional<Duration> span(String name) {
    return text(name).map(text -> span(name, text));
  }

  private static Duration span(String name, String text) {
    var digits = text.isEmpty() ? "" : text.substring(0, text.length() - 1);
    if (digits.isEmpty()
        || digits.length() > MAX_AMOUNT_DIGITS
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw noSpan(name);
    }
    var amount = Long.parseLong(digits);
    return switch (text.charAt(text.length() - 1)) {
      case 's' -> Duration.ofSeconds(amount);
      case 'm' -> Duration.ofSeconds(amount * 60);
      case 'h' -> Duration.ofSeconds(amount * 3_600);
      case 'd' -> Duration.ofSeconds(amount * 86_400);
      default -> throw noSpan(name);
    };
  }

  private static AIError noSpan(String name) {
    return AIError.invalid("'" + name + "' must be a time such as 90d, 12h, 30m or 45s.");
  }
}
