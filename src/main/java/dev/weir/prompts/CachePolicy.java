package dev.weir.prompts;

import java.time.Duration;
import java.util.OptionalDouble;

/**
 * How a function's answers may be kept.
 *
 * @param ttl how long; zero switches the cache off
 * @param shared whether users share entries
 * @param staleIfError how long past that an answer may still stand in while the provider is down
 * @param expensive whether identical calls on all nodes wait for one, not only those on one node
 * @param similarity from which cosine on an answer to a similar input will do; empty for none but
 *     the same
 */
public record CachePolicy(
    Duration ttl,
    boolean shared,
    Duration staleIfError,
    boolean expensive,
    OptionalDouble similarity) {
  /** An hour, each user for themselves. */
  public static final CachePolicy DEFAULT = new CachePolicy(Duration.ofMinutes(60), false);

  /** A policy of exact matches that expire. */
  public CachePolicy(Duration ttl, boolean shared) {
    this(ttl, shared, Duration.ZERO, false, OptionalDouble.empty());
  }
}
