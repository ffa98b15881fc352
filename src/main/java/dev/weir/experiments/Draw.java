package dev.weir.experiments;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * Where a user stands: a pure function of names, so that others can compute it (docs/experiments.md
 * has worked examples). A user's slot in a layer and point in an experiment are hashed with
 * different salts, so that neither tells anything about the other.
 */
public final class Draw {
  /** Slots of a layer. */
  public static final int SLOTS = 10_000;

  private static final int POINT_BITS = 53;
  private static final double POINTS = 0x1p53;

  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(
          () -> {
            try {
              return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
              throw new IllegalStateException("every Java platform has SHA-256", e);
            }
          });

  private Draw() {}

  /** The user's slot in a layer, from 0 to 9,999. */
  public static int slot(String layer, String user) {
    return (int) Long.remainderUnsigned(hash("weir-layer-1", layer, user), SLOTS);
  }

  /** The user's point in an experiment, in [0, 1), a multiple of 2^-53. */
  public static double point(String salt, String user) {
    return (hash("weir-variant-1", salt, user) >>> (Long.SIZE - POINT_BITS)) / POINTS;
  }

  /**
   * The arm at a point: the first whose cumulative probability lies above it.
   *
   * @param probabilities of the arms in their order, summing to about 1; an arm with 0 is never
   *     drawn
   */
  public static int arm(double point, List<Double> probabilities) {
    var upTo = 0.0;
    var last = 0;
    for (var i = 0; i < probabilities.size(); i++) {
      if (probabilities.get(i) > 0) {
        upTo += probabilities.get(i);
        last = i;
        if (point < upTo) {
          return i;
        }
      }
    }
    // The sum fell short of 1 by rounding.
    return last;
  }

  /** The first eight bytes of SHA-256 over the three texts in UTF-8, with a line feed between. */
  private static long hash(String kind, String salt, String user) {
    var text = kind + '\n' + salt + '\n' + user;
    return ByteBuffer.wrap(SHA_256.get().digest(text.getBytes(StandardCharsets.UTF_8))).getLong();
  }
}
