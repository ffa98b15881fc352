package dev.weir.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.weir.core.Clock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The users that service keys bring in. One that was seen lately costs nothing; another is looked
 * up, and made if the key has not made too many in the last hour. The count is the database's, so
 * it holds over all replicas. Thread-safe, bounded.
 */
final class NewUsers {
  private static final Duration REMEMBERED = Duration.ofMinutes(10);
  private static final int MAX_USERS = 200_000;

  private final KeyLookup lookup;
  private final Cache<String, Boolean> seen;
  private final ConcurrentMap<Visit, Promise<Optional<Duration>>> underWay =
      new ConcurrentHashMap<>();

  NewUsers(KeyLookup lookup, Clock clock) {
    this.lookup = lookup;
    this.seen =
        Caffeine.newBuilder()
            .maximumSize(MAX_USERS)
            .expireAfterAccess(REMEMBERED)
            .ticker(clock::nanoTime)
            .executor(Runnable::run)
            .build();
  }

  private record Visit(UUID key, String user) {}

  /**
   * Lets a service key act for a user.
   *
   * @return fails with {@code RATE_LIMITED} if the user is new and the key may bring in no more now
   */
  Future<Void> admit(KnownKey key, String user) {
    if (seen.getIfPresent(user) != null) {
      return Future.succeededFuture();
    }
    return ensured(new Visit(key.id(), user), key.newUsersPerHour())
        .compose(
            wait -> {
              if (wait.isPresent()) {
                return Future.failedFuture(
                    Verdicts.tooManyNewUsers(key.newUsersPerHour(), wait.get()));
              }
              seen.put(user, true);
              return Future.succeededFuture();
            });
  }

  /** One look-up for all who ask at once. */
  private Future<Optional<Duration>> ensured(Visit visit, int hourly) {
    var mine = Promise.<Optional<Duration>>promise();
    var theirs = underWay.putIfAbsent(visit, mine);
    if (theirs != null) {
      return theirs.future();
    }
    lookup
        .ensureUser(visit.key(), visit.user(), hourly)
        .onComplete(
            done -> {
              underWay.remove(visit, mine);
              mine.handle(done);
            });
    return mine.future();
  }
}
