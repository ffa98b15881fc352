package dev.weir.access;

import io.vertx.core.Future;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which keys were used since the last note in the database: a set in memory, written by {@link
 * #flush} every half minute in one statement, never by a call. What a crash loses of it is half a
 * minute of "last used". Thread-safe, bounded.
 */
final class LastUses {
  private static final int MAX = 20_000;

  private final KeyLookup lookup;
  private final Set<UUID> used = ConcurrentHashMap.newKeySet();

  LastUses(KeyLookup lookup) {
    this.lookup = lookup;
  }

  void used(UUID key) {
    // Most calls find their key here already, and a look is cheaper than a write.
    if (!used.contains(key) && used.size() < MAX) {
      used.add(key);
    }
  }

  /** Writes what was gathered; what cannot be written is kept for the next time. */
  Future<Void> flush() {
    var batch = Set.copyOf(used);
    if (batch.isEmpty()) {
      return Future.succeededFuture();
    }
    used.removeAll(batch);
    return lookup.touch(batch).onFailure(_ -> batch.forEach(this::used));
  }
}
