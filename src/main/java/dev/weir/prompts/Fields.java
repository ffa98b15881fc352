package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.weir.core.Nearest;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * The fields of one object of a file, read one by one. Each wrong one is reported and read as
 * absent, so that a file's faults are all found in one go; what nobody asked for by {@link
 * #refuseOthers} is unknown.
 */
final class Fields {
  private final JsonNode node;
  private final String path;
  private final BiConsumer<String, String> faults;
  private final Set<String> known = new LinkedHashSet<>();

  private Fields(JsonNode node, String path, BiConsumer<String, String> faults) {
    this.node = node;
    this.path = path;
    this.faults = faults;
  }

  /** The fields of {@code node}, which is at fault if it is no object. */
  static Fields of(JsonNode node, String path, BiConsumer<String, String> faults) {
    if (!node.isObject() && !node.isMissingNode()) {
      faults.accept(path, "must be a group of fields");
      return new Fields(MissingNode.getInstance(), path, faults);
    }
    return new Fields(node, path, faults);
  }

  /** Where a field of this object stands. */
  String at(String name) {
    return JsonPath.child(path, name);
  }

  boolean has(String name) {
    return !node.path(name).isMissingNode();
  }

  /** The field as it stands; missing if it is absent. */
  JsonNode raw(String name) {
    known.add(name);
    return node.path(name);
  }

  /** A field that must be there. */
  JsonNode required(String name) {
    var value = raw(name);
    if (value.isMissingNode() && node.isObject()) {
      faults.accept(at(name), "is missing; it is required");
    }
    return value;
  }

  /** A group of fields; without any if it is absent. */
  Fields group(String name) {
    return of(raw(name), at(name), faults);
  }

  Optional<String> text(String name, int longest) {
    return text(raw(name), at(name), longest);
  }

  private Optional<String> text(JsonNode value, String place, int longest) {
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      faults.accept(place, "must be a text" + (value.isNumber() ? "; put it in quotes" : ""));
      return Optional.empty();
    }
    if (value.textValue().length() > longest) {
      faults.accept(place, "must have at most " + longest + " characters");
      return Optional.empty();
    }
    return Optional.of(value.textValue());
  }

  List<String> texts(String name, int most, int longest) {
    var value = raw(name);
    List<String> all = new ArrayList<>();
    if (value.isMissingNode()) {
      return all;
    }
    if (!value.isArray()) {
      faults.accept(at(name), "must be a list");
      return all;
    }
    if (value.size() > most) {
      faults.accept(at(name), "must have at most " + most + " entries");
    }
    for (var i = 0; i < Math.min(most, value.size()); i++) {
      text(value.get(i), JsonPath.item(at(name), i), longest).ifPresent(all::add);
    }
    return all;
  }

  /** One of a few words. */
  Optional<String> word(String name, List<String> words) {
    var value = raw(name);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isTextual() || !words.contains(value.textValue())) {
      faults.accept(
          at(name),
          "must be one of "
              + String.join(", ", words)
              + (value.isTextual() ? Nearest.suggestion(value.textValue(), words) : ""));
      return Optional.empty();
    }
    return Optional.of(value.textValue());
  }

  int integer(String name, int least, int most, int otherwise) {
    return (int) wholeNumber(name, least, most).orElse((long) otherwise).longValue();
  }

  Duration millis(String name, long least, long most, Duration otherwise) {
    return wholeNumber(name, least, most).map(Duration::ofMillis).orElse(otherwise);
  }

  Duration seconds(String name, long least, long most, Duration otherwise) {
    return wholeNumber(name, least, most).map(Duration::ofSeconds).orElse(otherwise);
  }

  private Optional<Long> wholeNumber(String name, long least, long most) {
    var value = raw(name);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < least
        || value.longValue() > most) {
      faults.accept(at(name), "must be a whole number from " + least + " to " + most);
      return Optional.empty();
    }
    return Optional.of(value.longValue());
  }

  Optional<BigDecimal> decimal(String name, BigDecimal least, BigDecimal most) {
    var value = raw(name);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isNumber()
        || value.decimalValue().compareTo(least) < 0
        || value.decimalValue().compareTo(most) > 0) {
      faults.accept(at(name), "must be a number from " + least + " to " + most);
      return Optional.empty();
    }
    return Optional.of(value.decimalValue());
  }

  boolean trueOrFalse(String name, boolean otherwise) {
    var value = raw(name);
    if (!value.isMissingNode() && !value.isBoolean()) {
      faults.accept(at(name), "must be true or false");
    }
    return value.isBoolean() ? value.booleanValue() : otherwise;
  }

  void fault(String name, String reason) {
    faults.accept(at(name), reason);
  }

  /** Reports every field that was not read before. */
  void refuseOthers() {
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                var near = Nearest.suggestion(name, known);
                faults.accept(
                    at(name),
                    "is not a field here"
                        + (near.isEmpty() ? "; there are " + String.join(", ", known) : near));
              }
            });
  }
}
