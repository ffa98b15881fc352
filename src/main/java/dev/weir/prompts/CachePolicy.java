package dev.weir.prompts;

import java.time.Duration;

/**
 * How a function's answers may be kept.
 *
 * @param ttl how long; zero switches the cache off
 * @param shared whether users share entries
 */
public record CachePolicy(Duration ttl, boolean shared) {
  /** An hour, each user for themselves. */
  public static final CachePolicy DEFAULT = new CachePolicy(Duration.ofMinutes(60), false);
}
