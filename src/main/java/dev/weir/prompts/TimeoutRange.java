package dev.weir.prompts;

import java.time.Duration;

/**
 * The deadline of a function's calls.
 *
 * @param standard where the caller names none
 * @param max the longest that a caller may ask for
 */
public record TimeoutRange(Duration standard, Duration max) {
  /** 60 s, at most 300 s. */
  public static final TimeoutRange DEFAULT =
      new TimeoutRange(Duration.ofSeconds(60), Duration.ofSeconds(300));
}
