package dev.weir.prompts;

import java.time.Duration;

/**
 * How often and how patiently a target is asked again.
 *
 * @param maxAttempts attempts in all over all targets, 1 to 5
 * @param baseDelay the first backoff's upper bound; it doubles with each retry
 * @param maxDelay the bound on every backoff
 */
public record RetryPolicy(int maxAttempts, Duration baseDelay, Duration maxDelay) {
  /** Three attempts, from 250 ms to 4 s apart. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(3, Duration.ofMillis(250), Duration.ofSeconds(4));
}
