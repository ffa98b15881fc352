package dev.weir.config;

import java.time.Duration;

/**
 * The circuit breaker of each provider and model.
 *
 * @param failures failures within the window that open it
 * @param window the rolling window
 * @param reset how long it stays open before one probe is let through
 * @param successes successes in a row, the probe's included, that close it for good
 */
public record BreakerSettings(int failures, Duration window, Duration reset, int successes) {
  /** Five failures in 30 s open it for 10 s; three successes close it. */
  public static final BreakerSettings DEFAULT =
      new BreakerSettings(5, Duration.ofSeconds(30), Duration.ofSeconds(10), 3);
}
