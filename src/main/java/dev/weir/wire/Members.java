package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Nearest;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads the members of one JSON object strictly: unknown ones are refused with the nearest known
 * name, wrong types with their path. An explicit {@code null} counts as absent, since typed clients
 * send one for what they leave out.
 */
final class Members {
  private static final int LONGEST = 64;

  private final ObjectNode node;
  private final String path;

  private Members(ObjectNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** The members of an object that must be one; an empty path is that of the whole body. */
  static Members of(JsonNode node, String path) {
    if (node instanceof ObjectNode object) {
      return new Members(object, path);
    }
    throw fault(path.isEmpty() ? "body" : path, "must be an object, but is " + kind(node) + ".");
  }

  /** Refuses every member that is not among these. */
  Members only(Collection<String> known) {
    for (var member : node.properties()) {
      if (!known.contains(member.getKey())) {
        var nearest = Nearest.to(member.getKey(), known);
        throw fault(
                at(clip(member.getKey())),
                "is unknown."
                    + nearest.map(n -> " Did you mean '" + n + "'?").orElse("")
                    + " Known members: "
                    + String.join(", ", known)
                    + ".")
            .with("nearest", nearest.stream().toList());
      }
    }
    return this;
  }

  /** The member as it stands, or empty; an explicit null stands. */
  Optional<JsonNode> raw(String name) {
    return Optional.ofNullable(node.get(name));
  }

  /** A member that is an object, with its own path. */
  Optional<Members> object(String name) {
    return present(name).map(value -> of(value, at(name)));
  }

  Optional<Boolean> bool(String name) {
    return present(name)
        .map(
            value -> {
              if (value.isBoolean()) {
                return value.booleanValue();
              }
              throw fault(at(name), "must be true or false, but is " + kind(value) + ".");
            });
  }

  Optional<String> text(String name) {
    return present(name)
        .map(
            value -> {
              if (value.isTextual()) {
                return value.textValue();
              }
              throw fault(at(name), "must be a string, but is " + kind(value) + ".");
            });
  }

  String requiredText(String name) {
    return text(name)
        .filter(value -> !value.isBlank())
        .orElseThrow(() -> fault(at(name), "is missing; send a non-empty string."));
  }

  /** A whole number of at least {@code least}. */
  Optional<Long> wholeNumber(String name, long least) {
    return present(name)
        .map(
            value -> {
              if (value.isIntegralNumber()
                  && value.canConvertToLong()
                  && value.longValue() >= least) {
                return value.longValue();
              }
              throw fault(
                  at(name), "must be a whole number, at least " + least + " and below 2^63.");
            });
  }

  String at(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** An {@code INVALID_REQUEST} about one place. */
  static AIError fault(String path, String what) {
    return AIError.invalid(path + " " + what).with("param", path);
  }

  /** What a value is, in words. */
  static String kind(JsonNode value) {
    var type = value.getNodeType();
    return type == JsonNodeType.NULL || type == JsonNodeType.MISSING
        ? "null"
        : (type == JsonNodeType.ARRAY || type == JsonNodeType.OBJECT ? "an " : "a ")
            + type.name().toLowerCase(Locale.ROOT);
  }

  private Optional<JsonNode> present(String name) {
    return Optional.ofNullable(node.get(name)).filter(value -> !value.isNull());
  }

  /** A caller's word, short and plain enough to stand in a message. */
  private static String clip(String word) {
    var plain = word.replaceAll("[^\\p{Print}]", "?");
    return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST) + "...";
  }
}
