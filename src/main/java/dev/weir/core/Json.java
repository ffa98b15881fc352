package dev.weir.core;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * JSON at the doors: read strictly, written plainly.
 *
 * <p>Strict means RFC 8259 and more: well-formed UTF-8, no duplicate keys, no text after the value,
 * at most {@value #MAX_DEPTH} levels, numbers whose exponent stays within ±{@value #MAX_EXPONENT},
 * and no NUL or lone surrogate in any string, since Postgres refuses those and half of all clients
 * choke on them. Thread-safe.
 */
public final class Json {
  /** Levels of nesting that are accepted. */
  public static final int MAX_DEPTH = 64;

  /** The largest decimal exponent that is accepted, either way; a double ends at 308. */
  public static final int MAX_EXPONENT = 400;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(400)
                          .maxStringLength(20_000_000)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Json() {}

  /** The mapper behind this class, for trees and plain records; its settings never change. */
  public static ObjectMapper mapper() {
    return MAPPER;
  }

  /** A new, empty object. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /**
   * Reads one JSON value strictly.
   *
   * @throws AIError {@code INVALID_REQUEST} that says what is wrong, with line and column where
   *     they are known, and never quotes the text
   */
  public static JsonNode parse(Buffer bytes) {
    return parse(decode(bytes));
  }

  /** As {@link #parse(Buffer)}, for text that is decoded already. */
  public static JsonNode parse(String text) {
    try {
      var tree = MAPPER.readTree(text);
      if (tree == null || tree.isMissingNode()) {
        throw AIError.invalid("The body is empty; send a JSON object.");
      }
      check(tree);
      return tree;
    } catch (StreamConstraintsException e) {
      throw AIError.invalid(
              "The JSON is nested deeper than "
                  + MAX_DEPTH
                  + " levels or holds a number or string that is too long.")
          .causedBy(e);
    } catch (JsonProcessingException e) {
      throw AIError.invalid("The body is not valid JSON" + where(e) + ".").causedBy(e);
    }
  }

  /** Compact JSON of a tree. */
  public static Buffer write(JsonNode tree) {
    try {
      return Buffer.buffer(MAPPER.writeValueAsBytes(tree));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  /** The same, or empty if it is longer than so many bytes; writes no further than that. */
  public static Optional<Buffer> write(JsonNode tree, int most) {
    var bytes = new BoundedBytes(most);
    try {
      MAPPER.writeValue(bytes, tree);
      return Optional.of(Buffer.buffer(bytes.toByteArray()));
    } catch (BoundedBytes.Full _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  private static String decode(Buffer bytes) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.getBytes()))
          .toString();
    } catch (CharacterCodingException e) {
      throw AIError.invalid("The body is not valid UTF-8; send JSON encoded as UTF-8.").causedBy(e);
    }
  }

  private static String where(JsonProcessingException e) {
    var at = e.getLocation();
    var reason =
        e instanceof JsonParseException && e.getOriginalMessage().startsWith("Duplicate")
            ? " (a key stands twice in one object)"
            : e instanceof JsonParseException ? "" : " (something follows the first value)";
    return at == null
        ? reason
        : reason + " at line " + at.getLineNr() + ", column " + at.getColumnNr();
  }

  private static void check(JsonNode node) {
    switch (node.getNodeType()) {
      case STRING -> checkText(node.textValue());
      case NUMBER -> checkNumber(node);
      case OBJECT ->
          node.properties()
              .forEach(
                  entry -> {
                    checkText(entry.getKey());
                    check(entry.getValue());
                  });
      case ARRAY -> node.forEach(Json::check);
      default -> {}
    }
  }

  private static void checkNumber(JsonNode node) {
    if (node.isBigDecimal()) {
      var value = node.decimalValue();
      if (Math.abs((long) value.precision() - value.scale()) > MAX_EXPONENT) {
        throw AIError.invalid("The JSON holds a number outside 1e±" + MAX_EXPONENT + ".");
      }
    }
  }

  private static void checkText(String text) {
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      if (c == 0) {
        throw AIError.invalid("The JSON holds a NUL character (\\u0000) in a string; remove it.");
      }
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && i + 1 < text.length()
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          i++;
        } else {
          throw AIError.invalid("The JSON holds half of a surrogate pair in a string; remove it.");
        }
      }
    }
  }
}
