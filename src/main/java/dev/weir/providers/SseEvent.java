package dev.weir.providers;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;

/**
 * One server-sent event.
 *
 * @param raw its bytes as they came, closing blank line included
 * @param bytes holds its data
 * @param from where the data begins in {@code bytes}
 * @param length of the data
 */
@SuppressWarnings(
    "ArrayRecordComponent") // A view of a buffer, handed on at once and never compared.
record SseEvent(Buffer raw, byte[] bytes, int from, int length) {
  /** Whether the data is exactly this ASCII text. */
  boolean is(String text) {
    if (length != text.length()) {
      return false;
    }
    for (var i = 0; i < length; i++) {
      if (bytes[from + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The data as text. */
  String data() {
    return new String(bytes, from, length, UTF_8);
  }
}
