package dev.weir.access;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What the authenticator asks of the store; a seam, so that its timing is tested without waiting.
 * Every method fails with {@code STORAGE_UNAVAILABLE} where the database is away.
 */
interface KeyLookup {
  /** The secrets with these hashes, those that exist. */
  Future<Map<KeyHash, KnownKey>> find(Collection<KeyHash> hashes);

  /**
   * Makes sure that a user exists, for a service key that names it.
   *
   * @param hourly how many users the key may make in any hour of the database's clock
   * @return empty if it exists now; else how long until the key may make another
   */
  Future<Optional<Duration>> ensureUser(UUID key, String user, int hourly);

  /** Notes that these keys have been used just now. */
  Future<Void> touch(Collection<UUID> keys);
}
