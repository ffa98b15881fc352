package dev.weir.gateway;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What a caller chooses for one call.
 *
 * @param cache how the cache may serve it
 * @param timeout the wish for a deadline, clamped to the function's range; empty for the default
 * @param partial whether a streamed function answer comes with looks at its value so far
 * @param tags labels to which the call's cost is attributed, by key; few and short, its door saw to
 *     that. Immutable by agreement
 */
public record CallOptions(
    CacheUse cache, Optional<Duration> timeout, boolean partial, Map<String, String> tags) {
  /** Nothing chosen. */
  public static final CallOptions DEFAULT = new CallOptions(CacheUse.USE, Optional.empty());

  /** Options without looks at partial values. */
  public CallOptions(CacheUse cache, Optional<Duration> timeout) {
    this(cache, timeout, false, Map.of());
  }

  /** Options without tags. */
  public CallOptions(CacheUse cache, Optional<Duration> timeout, boolean partial) {
    this(cache, timeout, partial, Map.of());
  }

  /** The same options with these tags. */
  public CallOptions tagged(Map<String, String> labels) {
    return new CallOptions(cache, timeout, partial, labels);
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
