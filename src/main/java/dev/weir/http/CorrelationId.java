package dev.weir.http;

import io.vertx.core.MultiMap;
import java.util.Optional;

/**
 * The caller's own id of a request: {@code x-correlation-id}, or else its {@code x-request-id}, if
 * it is 1 to 128 letters, digits, dots, underscores and hyphens; anything else is ignored.
 */
final class CorrelationId {
  private static final int LONGEST = 128;

  private CorrelationId() {}

  static Optional<String> of(MultiMap headers) {
    return valid(headers.get("x-correlation-id")).or(() -> valid(headers.get("x-request-id")));
  }

  private static Optional<String> valid(@org.jspecify.annotations.Nullable String value) {
    return value != null
            && !value.isEmpty()
            && value.length() <= LONGEST
            && value.chars().allMatch(CorrelationId::plain)
        ? Optional.of(value)
        : Optional.empty();
  }

  private static boolean plain(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '_'
        || c == '-';
  }
}
