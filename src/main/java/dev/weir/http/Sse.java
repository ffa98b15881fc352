package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import io.vertx.core.buffer.Buffer;

/**
 * The bytes of server-sent events. Compact JSON holds no line break, so one data line is enough.
 */
final class Sse {
  private static final Buffer DATA = Buffer.buffer("data: ");
  private static final Buffer END = Buffer.buffer("\n\n");

  private Sse() {}

  /** A named event. */
  static Buffer event(String name, JsonNode data) {
    return Buffer.buffer("event: " + name + "\n").appendBuffer(data(data));
  }

  /** An event without a name. */
  static Buffer data(JsonNode data) {
    var json = Json.write(data);
    return Buffer.buffer(json.length() + 16)
        .appendBuffer(DATA)
        .appendBuffer(json)
        .appendBuffer(END);
  }

  /** A comment, which clients skip. */
  static Buffer comment(String name, JsonNode data) {
    return Buffer.buffer(": " + name + " ").appendBuffer(Json.write(data)).appendBuffer(END);
  }
}
