package dev.weir.cache;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The key of an answer: a SHA-256 over everything that shapes it, see {@link KeyForm}. Held as four
 * numbers, so that looking it up allocates nothing more.
 */
record CacheKey(long a, long b, long c, long d) {
  /** Its length. */
  static final int BYTES = 32;

  private static final int DIGITS = 2 * BYTES;

  /** The key in 32 bytes. */
  static CacheKey of(byte[] digest) {
    var bytes = ByteBuffer.wrap(digest);
    return new CacheKey(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
  }

  /** The key that {@link #hex} wrote; empty if this is none. */
  static Optional<CacheKey> parse(String hex) {
    if (hex.length() != DIGITS || !hex.chars().allMatch(CacheKey::isDigit)) {
      return Optional.empty();
    }
    return Optional.of(of(HexFormat.of().parseHex(hex)));
  }

  private static boolean isDigit(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }

  /** As the database knows it: 64 hexadecimal digits. */
  String hex() {
    return HexFormat.of()
        .formatHex(ByteBuffer.allocate(BYTES).putLong(a).putLong(b).putLong(c).putLong(d).array());
  }

  // A digest needs no mixing: any part of it is as good as all of it.
  @Override
  public int hashCode() {
    return (int) a;
  }
}
