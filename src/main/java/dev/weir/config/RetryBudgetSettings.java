package dev.weir.config;

import java.time.Duration;

/**
 * The bound on retries, so that an outage is not multiplied: in a window, retries to one provider
 * stay within a share of its calls, but a few are always allowed.
 *
 * @param percent retries per hundred calls
 * @param floor retries that are always allowed in a window
 * @param window the window
 */
public record RetryBudgetSettings(int percent, int floor, Duration window) {
  /** 10 %, at least 10, in 10 s. */
  public static final RetryBudgetSettings DEFAULT =
      new RetryBudgetSettings(10, 10, Duration.ofSeconds(10));
}
