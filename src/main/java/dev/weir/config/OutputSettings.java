package dev.weir.config;

import java.time.Duration;

/**
 * The bounds of what is made of models' answers.
 *
 * @param maxChars the longest answer that JSON is looked for in, in UTF-16 units
 * @param shownRepairs the most lines of {@code meta.repairs} that one answer gives
 * @param partialInterval the least time between two partial values of one stream
 * @param partialMaxChars how far into an answer partial values are given; 0 gives none
 */
public record OutputSettings(
    int maxChars, int shownRepairs, Duration partialInterval, int partialMaxChars) {
  /** One Mi units, 20 lines, 100 ms, 128 Ki units. */
  public static final OutputSettings DEFAULT =
      new OutputSettings(1 << 20, 20, Duration.ofMillis(100), 1 << 17);
}
