package dev.weir.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;

/**
 * The response cache.
 *
 * @param on whether there is one
 * @param maxBytes what its first level, in memory, may weigh
 * @param maxEntryBytes the largest answer that is kept
 * @param patience how long a look into its second level, the database, may take
 * @param warmUpUsdPerDay what refreshing answers before they expire may cost in a day (UTC), over
 *     all nodes; zero for never
 * @param warmUpEvery how often is looked for answers to refresh
 * @param warmUpConcurrency so many calls for that are under way at a time
 * @param embeddingModel who turns inputs into vectors for functions that match by meaning; empty
 *     for nobody
 */
public record CacheSettings(
    boolean on,
    int maxBytes,
    int maxEntryBytes,
    Duration patience,
    BigDecimal warmUpUsdPerDay,
    Duration warmUpEvery,
    int warmUpConcurrency,
    Optional<String> embeddingModel) {
  /** On, with 64 MiB of entries of up to 1 MiB, and 20 ms for the database. */
  public static final CacheSettings DEFAULT =
      new CacheSettings(
          true,
          64 << 20,
          1 << 20,
          Duration.ofMillis(20),
          BigDecimal.ZERO,
          Duration.ofSeconds(15),
          4,
          Optional.empty());
}
