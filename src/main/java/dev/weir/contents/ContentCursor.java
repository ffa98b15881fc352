package dev.weir.contents;

import dev.weir.core.AIError;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.UUID;

/**
 * A place in a list that goes from the newest to the oldest: behind the content of this time and
 * this id, whether or not that is still there.
 *
 * @param createdAt in whole microseconds, as the database keeps it
 * @param id decides between contents of the same time
 */
public record ContentCursor(Instant createdAt, UUID id) {
  private static final int BYTES = 24;
  private static final Instant LATEST = Instant.parse("9999-01-01T00:00:00Z");

  /** As text; what is in it is nobody's business. */
  public String text() {
    var bytes =
        ByteBuffer.allocate(BYTES)
            .putLong(ChronoUnit.MICROS.between(Instant.EPOCH, createdAt))
            .putLong(id.getMostSignificantBits())
            .putLong(id.getLeastSignificantBits());
    return Base64.getUrlEncoder().encodeToString(bytes.array());
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws AIError {@code INVALID_REQUEST} for what it surely did not write
   */
  public static ContentCursor of(String text) {
    try {
      var bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      if (bytes.remaining() == BYTES) {
        var createdAt = Instant.EPOCH.plus(bytes.getLong(), ChronoUnit.MICROS);
        if (createdAt.isAfter(Instant.EPOCH) && createdAt.isBefore(LATEST)) {
          return new ContentCursor(createdAt, new UUID(bytes.getLong(), bytes.getLong()));
        }
      }
    } catch (IllegalArgumentException _) {
      // said below
    }
    throw AIError.invalid("'after' must be the 'next' of the page before.");
  }
}
