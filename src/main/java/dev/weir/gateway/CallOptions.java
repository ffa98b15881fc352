package dev.weir.gateway;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What a caller chooses for one call.
 *
 * @param cache how the cache may serve it
 * @param maxAge how old an answer from the cache may be, and how long this one is kept; empty for
 *     the function's own time
 * @param onlyKept whether nobody may be asked: a kept answer or none
 * @param timeout the wish for a deadline, clamped to the function's range; empty for the default
 * @param partial whether a streamed function answer comes with looks at its value so far
 * @param tags labels to which the call's cost is attributed, by key; few and short, its door saw to
 *     that. Immutable by agreement
 * @param variant the arm that an administrator wants to see, as {@code experiment/variant}; the
 *     door saw to it that it was one who asked
 */
public record CallOptions(
    CacheUse cache,
    Optional<Duration> maxAge,
    boolean onlyKept,
    Optional<Duration> timeout,
    boolean partial,
    Map<String, String> tags,
    Optional<String> variant) {
  /** Nothing chosen. */
  public static final CallOptions DEFAULT = new CallOptions(CacheUse.USE, Optional.empty());

  /** Options without looks at partial values. */
  public CallOptions(CacheUse cache, Optional<Duration> timeout) {
    this(cache, timeout, false);
  }

  /** Options without an arm. */
  public CallOptions(
      CacheUse cache, Optional<Duration> timeout, boolean partial, Map<String, String> tags) {
    this(cache, Optional.empty(), false, timeout, partial, tags, Optional.empty());
  }

  /** Options without tags. */
  public CallOptions(CacheUse cache, Optional<Duration> timeout, boolean partial) {
    this(cache, timeout, partial, Map.of());
  }

  /** The same options with these tags. */
  public CallOptions tagged(Map<String, String> labels) {
    return new CallOptions(cache, maxAge, onlyKept, timeout, partial, labels, variant);
  }

  /** The same options with an arm that an administrator asked for. */
  public CallOptions showing(String arm) {
    return new CallOptions(cache, maxAge, onlyKept, timeout, partial, tags, Optional.of(arm));
  }

  /** The same options with the cache used in another way. */
  public CallOptions caching(CacheUse use, Optional<Duration> oldest, boolean keptOrNone) {
    return new CallOptions(use, oldest, keptOrNone, timeout, partial, tags, variant);
  }

  /** How the cache may serve a call. */
  public enum CacheUse {
    /** Answer from it and fill it. */
    USE,
    /** Ask the provider and fill it. */
    REFRESH,
    /** Leave it alone. */
    OFF,
    /**
     * Nothing was said: as {@link #USE} if the caller's key asks for the cache, else {@link #OFF}.
     */
    AS_KEY,
    /** As {@link #REFRESH} if the caller's key asks for the cache, else {@link #OFF}. */
    REFRESH_AS_KEY;

    /**
     * What it means in the hands of this caller: {@link #USE}, {@link #REFRESH} or {@link #OFF}.
     */
    public CacheUse by(Principal caller) {
      return switch (this) {
        case USE, REFRESH, OFF -> this;
        case AS_KEY -> caller.caching() ? USE : OFF;
        case REFRESH_AS_KEY -> caller.caching() ? REFRESH : OFF;
      };
    }
  }
}
