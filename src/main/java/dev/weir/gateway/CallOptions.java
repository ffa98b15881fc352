package dev.weir.gateway;

import java.time.Duration;
import java.util.Optional;

/**
 * What a caller chooses for one call.
 *
 * @param cache how the cache may serve it
 * @param timeout the wish for a deadline, clamped to the function's range; empty for the default
 * @param partial whether a streamed function answer comes with looks at its value so far
 */
public record CallOptions(CacheUse cache, Optional<Duration> timeout, boolean partial) {
  /** Nothing chosen. */
  public static final CallOptions DEFAULT = new CallOptions(CacheUse.USE, Optional.empty());

  /** Options without looks at partial values. */
  public CallOptions(CacheUse cache, Optional<Duration> timeout) {
    this(cache, timeout, false);
  }

  /** How the cache may serve a call. */
  public enum CacheUse {
    /** Answer from it and fill it. */
    USE,
    /** Ask the provider and fill it. */
    REFRESH,
    /** Leave it alone. */
    OFF
  }
}
