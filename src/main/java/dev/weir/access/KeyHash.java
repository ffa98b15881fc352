package dev.weir.access;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The SHA-256 of a whole key: all that Weir keeps of it.
 *
 * <p>A slow, salted hash (bcrypt, Argon2) protects secrets that people make up, by making each
 * guess dear. A key holds 256 random bits, so nobody guesses it at any speed, and the fast hash can
 * be taken on an event loop for every call. Four longs rather than an array, so that it is a value
 * and can be a cache's key.
 *
 * @param a bytes 0 to 7, big-endian
 * @param b bytes 8 to 15
 * @param c bytes 16 to 23
 * @param d bytes 24 to 31
 */
record KeyHash(long a, long b, long c, long d) {
  static final int BYTES = 32;

  /** The hash of a key's text. */
  static KeyHash of(String key) {
    return ofBytes(sha256().digest(key.getBytes(StandardCharsets.UTF_8)));
  }

  /** The hash that these 32 bytes are. */
  static KeyHash ofBytes(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a hash has 32 bytes, not " + bytes.length);
    }
    var buffer = ByteBuffer.wrap(bytes);
    return new KeyHash(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong());
  }

  byte[] bytes() {
    return ByteBuffer.allocate(BYTES).putLong(a).putLong(b).putLong(c).putLong(d).array();
  }

  /**
   * Whether both are the same, in the same time wherever they first differ. (What a cache or an
   * index compares are hashes too, which an attacker cannot steer byte by byte; this is the second
   * bolt, not the first.)
   */
  boolean matches(KeyHash other) {
    return ((a ^ other.a) | (b ^ other.b) | (c ^ other.c) | (d ^ other.d)) == 0;
  }

  /** Whether two texts are equal, in a time that depends on neither. */
  static boolean sameText(String left, String right) {
    return of(left).matches(of(right));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /** The first four bytes in hex: enough to tell two apart in a log. */
  @Override
  public String toString() {
    return HexFormat.of().toHexDigits((int) (a >>> 32)) + "…";
  }
}
