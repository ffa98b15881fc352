package dev.weir.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.weir.core.Clock;
import java.time.Duration;
import java.util.Optional;

/**
 * What this process keeps in memory, bounded by bytes. An entry counts only while its stamp is that
 * of now: so an invalidation, or a broken line to the database, hits all of it at once.
 * Thread-safe.
 */
final class FirstLevel {
  private final Cache<CacheKey, Held> entries;
  private final long mostBytes;

  /**
   * An entry in memory.
   *
   * @param entry the entry
   * @param stamp the generations when the call began that asked for it, or looked it up
   */
  record Held(Entry entry, Stamp stamp) {}

  FirstLevel(long mostBytes, Clock clock) {
    this.mostBytes = mostBytes;
    this.entries =
        Caffeine.newBuilder()
            .maximumWeight(mostBytes)
            .weigher((CacheKey _, Held held) -> held.entry().weight())
            .ticker(clock::nanoTime)
            .expireAfter(
                Expiry.<CacheKey, Held>writing(
                    (_, held) -> Duration.between(clock.now(), held.entry().keepUntil())))
            .build();
  }

  /** What is kept under a key, expired or not, if nothing of it was invalidated. */
  Optional<Entry> find(CacheKey key, Stamp now) {
    var held = entries.getIfPresent(key);
    return held != null && held.stamp().equals(now) ? Optional.of(held.entry()) : Optional.empty();
  }

  /** Keeps an entry, if it is small enough to be worth it. */
  void put(Entry entry, Stamp stamp) {
    // One entry never takes more than an eighth: it would push out all others.
    if (entry.weight() <= mostBytes / 8) {
      entries.put(entry.key(), new Held(entry, stamp));
    }
  }

  /** Forgets everything. */
  void clear() {
    entries.invalidateAll();
  }

  /** Forgets what no longer counts; takes milliseconds, so not on an event loop. */
  void sweep(java.util.function.Predicate<Held> gone) {
    entries.asMap().values().removeIf(gone);
  }

  /** How many entries there are, about. */
  long entries() {
    return entries.estimatedSize();
  }

  /** What they weigh, in bytes, about. */
  long bytes() {
    return entries.policy().eviction().map(e -> e.weightedSize().orElse(0)).orElse(0L);
  }
}
