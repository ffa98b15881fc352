package dev.weir.providers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.Optional;

/**
 * Reads the JSON of providers. Less strict than what callers send: what a provider adds or doubles
 * is its own affair, but depth and sizes are bounded all the same. Thread-safe.
 */
final class UpstreamJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(256)
                          .maxStringLength(20_000_000)
                          .build())
                  // Lists of numbers come by the million.
                  .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  /** More tokens than any context holds. */
  private static final long ABSURD_TOKENS = 100_000_000;

  private UpstreamJson() {}

  /** The mapper, for streaming parsers. */
  static ObjectMapper mapper() {
    return MAPPER;
  }

  /**
   * A body that must be a JSON object.
   *
   * @throws dev.weir.core.AIError {@code PROVIDER_ERROR} if it is none
   */
  static JsonNode object(Buffer body) {
    try {
      var tree = MAPPER.readTree(body.getBytes());
      if (tree != null && tree.isObject()) {
        return tree;
      }
    } catch (IOException e) {
      throw Failures.senseless().causedBy(e);
    }
    throw Failures.senseless();
  }

  /** A body that may be JSON. */
  static Optional<JsonNode> maybe(Buffer body) {
    try {
      return Optional.ofNullable(MAPPER.readTree(body.getBytes()));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /**
   * Whether the counts that a bill rests on can be: at least one is there, and each that is there
   * is a whole number from 0 to 100 million. Else the whole report is not believed, and what was
   * consumed is counted here; a bill of somebody's overflow would be worse.
   */
  static boolean believable(JsonNode one, JsonNode other) {
    return (one.isNumber() || other.isNumber()) && couldBe(one) && couldBe(other);
  }

  private static boolean couldBe(JsonNode node) {
    return node.isMissingNode()
        || node.isNull()
        || (node.isNumber()
            && node.canConvertToLong()
            && node.longValue() >= 0
            && node.longValue() <= ABSURD_TOKENS);
  }

  /** A count that a provider reports; 0 if it is missing or no number. */
  static long count(JsonNode node) {
    return node.isNumber() && node.canConvertToLong() ? node.longValue() : 0;
  }
}
