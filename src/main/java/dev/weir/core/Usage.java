package dev.weir.core;

/**
 * What a model call consumed. Counts are never negative (what a provider reports is clamped where
 * it is read).
 *
 * @param inputTokens prompt tokens, cached ones included
 * @param outputTokens answer tokens, reasoning included
 * @param cachedTokens the part of the input that was read from the provider's cache
 * @param reasoningTokens the part of the output spent on reasoning
 * @param searches web searches that the provider billed
 * @param estimated whether we counted these ourselves because the provider reported none
 */
public record Usage(
    long inputTokens,
    long outputTokens,
    long cachedTokens,
    long reasoningTokens,
    long searches,
    boolean estimated) {

  /** Nothing consumed. */
  public static final Usage NONE = new Usage(0, 0, 0, 0, 0, false);

  /**
   * Clamps every count into 0 .. 1 billion and the parts to their wholes: providers have reported
   * worse.
   */
  public Usage {
    inputTokens = clamp(inputTokens, MAX);
    outputTokens = clamp(outputTokens, MAX);
    cachedTokens = clamp(cachedTokens, inputTokens);
    reasoningTokens = clamp(reasoningTokens, outputTokens);
    searches = clamp(searches, 1_000_000);
  }

  private static final long MAX = 1_000_000_000;

  /** A plain usage of input and output tokens, as a provider reported it. */
  public static Usage of(long inputTokens, long outputTokens) {
    return new Usage(inputTokens, outputTokens, 0, 0, 0, false);
  }

  /** Both together; estimated if either is. */
  public Usage plus(Usage other) {
    return new Usage(
        inputTokens + other.inputTokens,
        outputTokens + other.outputTokens,
        cachedTokens + other.cachedTokens,
        reasoningTokens + other.reasoningTokens,
        searches + other.searches,
        estimated || other.estimated);
  }

  /** Input and output together. */
  public long totalTokens() {
    return inputTokens + outputTokens;
  }

  private static long clamp(long value, long max) {
    return Math.clamp(value, 0, max);
  }
}
