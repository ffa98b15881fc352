package dev.weir.core;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes UUIDs of version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random bits,
 * so that ids sort by time and index well. They identify and are no secret.
 */
public final class Ids {
  private Ids() {}

  /** A new id at this moment of the given clock. Any thread. */
  public static UUID next(Clock clock) {
    var random = ThreadLocalRandom.current();
    var high = clock.now().toEpochMilli() << 16 | 0x7000 | random.nextInt(1 << 12);
    var low = random.nextLong() >>> 2 | 1L << 63;
    return new UUID(high, low);
  }
}
