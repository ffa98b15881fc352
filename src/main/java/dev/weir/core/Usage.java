package dev.weir.core;

/**
 * What a model call consumed. Counts are never negative (what a provider reports is clamped where
 * it is read).
 *
 * @param inputTokens prompt tokens, those read from and written to a cache included
 * @param outputTokens answer tokens, reasoning included
 * @param cachedTokens the part of the input that was read from the provider's cache
 * @param written5m the part of the input that was written to the provider's cache for five minutes,
 *     or for a time that the provider does not tell
 * @param written1h the part of the input that was written to the provider's cache for an hour
 * @param reasoningTokens the part of the output spent on reasoning
 * @param searches web searches that the provider billed
 * @param estimated whether we counted these ourselves because the provider reported none
 */
public record Usage(
    long inputTokens,
    long outputTokens,
    long cachedTokens,
    long written5m,
    long written1h,
    long reasoningTokens,
    long searches,
    boolean estimated) {

  /** Nothing consumed. */
  public static final Usage NONE = new Usage(0, 0, 0, 0, 0, false);

  private static final long MAX = 1_000_000_000;
  private static final long MAX_SEARCHES = 1_000_000;

  /**
   * Clamps every count into 0 .. 1 billion and the parts to their wholes: providers have reported
   * worse.
   */
  public Usage {
    inputTokens = clamp(inputTokens, MAX);
    outputTokens = clamp(outputTokens, MAX);
    cachedTokens = clamp(cachedTokens, inputTokens);
    written5m = clamp(written5m, inputTokens - cachedTokens);
    written1h = clamp(written1h, inputTokens - cachedTokens - written5m);
    reasoningTokens = clamp(reasoningTokens, outputTokens);
    searches = clamp(searches, MAX_SEARCHES);
  }

  /** A usage that wrote nothing to a cache. */
  public Usage(
      long inputTokens,
      long outputTokens,
      long cachedTokens,
      long reasoningTokens,
      long searches,
      boolean estimated) {
    this(inputTokens, outputTokens, cachedTokens, 0, 0, reasoningTokens, searches, estimated);
  }

  /** A plain usage of input and output tokens, as a provider reported it. */
  public static Usage of(long inputTokens, long outputTokens) {
    return new Usage(inputTokens, outputTokens, 0, 0, 0, false);
  }

  /** The same usage with this many input tokens written to a cache. */
  public Usage writing(long for5m, long for1h) {
    return new Usage(
        inputTokens,
        outputTokens,
        cachedTokens,
        for5m,
        for1h,
        reasoningTokens,
        searches,
        estimated);
  }

  /** Both together; estimated if either is. */
  public Usage plus(Usage other) {
    return new Usage(
        inputTokens + other.inputTokens,
        outputTokens + other.outputTokens,
        cachedTokens + other.cachedTokens,
        written5m + other.written5m,
        written1h + other.written1h,
        reasoningTokens + other.reasoningTokens,
        searches + other.searches,
        estimated || other.estimated);
  }

  /** Input and output together. */
  public long totalTokens() {
    return inputTokens + outputTokens;
  }

  /** Input tokens written to a cache, for whatever time. */
  public long writtenTokens() {
    return written5m + written1h;
  }

  private static long clamp(long value, long max) {
    return Math.clamp(value, 0, max);
  }
}
