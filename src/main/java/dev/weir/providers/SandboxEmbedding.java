package dev.weir.providers;

import java.util.Locale;

/**
 * The sandbox's embedding: words and their trigrams of letters, hashed into counts, {@value
 * #DIMENSIONS} where nothing says how many. Deterministic and without a model, it knows likeness of
 * words and nothing of meaning; enough to try matching by similarity without a key.
 */
final class SandboxEmbedding {
  static final int DIMENSIONS = 256;

  private static final float WORD = 1.0f;
  private static final float TRIGRAM = 0.3f;
  private static final int THREE = 3;

  private SandboxEmbedding() {}

  static float[] of(String text, int dimensions) {
    var counts = new float[dimensions];
    for (var word : text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+", -1)) {
      if (!word.isEmpty()) {
        counts[Math.floorMod(word.hashCode(), dimensions)] += WORD;
        var padded = "<" + word + ">";
        for (var i = 0; i + THREE <= padded.length(); i++) {
          counts[Math.floorMod(31 * padded.substring(i, i + THREE).hashCode(), dimensions)] +=
              TRIGRAM;
        }
      }
    }
    return counts;
  }
}
