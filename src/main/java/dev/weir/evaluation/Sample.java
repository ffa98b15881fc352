package dev.weir.evaluation;

import java.math.BigDecimal;
import java.util.UUID;

/**
 * Which calls belong to a share of all: a pure function of the call's id and a salt, so that the
 * draws of different salts are independent. The random bits of the id are mixed by the finaliser of
 * SplittableRandom (Stafford's variant 13), which spreads every bit over all.
 */
final class Sample {
  private static final double POINTS = 0x1p53;

  private Sample() {}

  /**
   * Whether a call is drawn.
   *
   * @param share from 0 (none) to 1 (all)
   */
  static boolean draws(String salt, UUID call, BigDecimal share) {
    return point(salt, call) < share.doubleValue();
  }

  /** In [0, 1). */
  static double point(String salt, UUID call) {
    var mixed = mix(mix(call.getLeastSignificantBits()) ^ salt(salt));
    return (mixed >>> 11) / POINTS;
  }

  private static long salt(String text) {
    var hash = 0L;
    for (var i = 0; i < text.length(); i++) {
      hash = mix(hash + text.charAt(i) + 1);
    }
    return hash;
  }

  private static long mix(long value) {
    var z = value;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
