package dev.weir.wire;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A caller's own id of a call: echoed and stored, a key to nothing. It is 1 to 128 letters, digits,
 * dots, underscores and hyphens; anything else is ignored.
 */
public final class CorrelationId {
  private static final int LONGEST = 128;

  private CorrelationId() {}

  /** The id, if it is one. */
  public static Optional<String> valid(@Nullable String value) {
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
