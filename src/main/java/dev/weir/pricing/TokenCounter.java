package dev.weir.pricing;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;

/**
 * Counts tokens where a provider reports none, by OpenAI's {@code o200k_base} encoding: near enough
 * for other families, so a usage counted here is always marked as estimated. Thread-safe.
 *
 * <p>Bounded: of a text over {@value #MOST_CHARS} characters only that much is counted and the rest
 * is scaled, so the event loop is held for a few milliseconds at most.
 */
public final class TokenCounter {
  private static final int MOST_CHARS = 50_000;

  /** Some 200,000 tokens that never change: loaded on first use, shared by all counters. */
  private static final class Table {
    static final Encoding O200K =
        Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);
  }

  private final Encoding encoding;

  /** Waits for the encoding's table, which takes some 200 ms to load on first use. */
  public TokenCounter() {
    encoding = Table.O200K;
  }

  /** Begins to load the table beside whatever else a start waits for. */
  public static void preload() {
    Thread.ofPlatform().name("weir-tokens").daemon().start(TokenCounter::new);
  }

  /** How many tokens {@code text} is; 0 for an empty one. */
  public long count(CharSequence text) {
    if (text.isEmpty()) {
      return 0;
    }
    if (text.length() <= MOST_CHARS) {
      return encoding.countTokensOrdinary(text.toString());
    }
    var head = encoding.countTokensOrdinary(text.subSequence(0, MOST_CHARS).toString());
    return Math.ceilDiv((long) head * text.length(), MOST_CHARS);
  }
}
