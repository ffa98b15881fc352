package dev.weir.access;

import dev.weir.config.Mode;
import dev.weir.core.Clock;
import dev.weir.gateway.Authenticator;
import dev.weir.gateway.Credentials;
import dev.weir.gateway.Principal;
import dev.weir.gateway.Principal.Role;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.UUID;

/**
 * Turns keys into principals: one per process, shared by all verticles.
 *
 * <p>A key that was seen lately is judged from memory, without a future that waits. A change (a
 * revocation, a rotation, an expiry) takes effect at once in the process that made it and within
 * {@link #FRESH} in every other. While the database is away, keys known already go on for {@link
 * #GRACE} after they were last confirmed; any other gets {@code STORAGE_UNAVAILABLE}. Thread-safe;
 * futures complete on the caller's event loop.
 */
public final class KeyAuthenticator implements Authenticator {
  /** After this long at the latest, a change made on another node is seen. */
  public static final Duration FRESH = KeyCache.FRESH;

  /** How long after its last confirmation a key is accepted while the database is away. */
  public static final Duration GRACE = KeyCache.GRACE;

  private static final Duration FLUSH = Duration.ofSeconds(30);

  private final Mode mode;
  private final Clock clock;
  private final KeyCache cache;
  private final NewUsers users;
  private final LastUses uses;

  /** An authenticator over a store; {@link #open} is what runs in a service. */
  KeyAuthenticator(KeyLookup lookup, Mode mode, Clock clock) {
    this.mode = mode;
    this.clock = clock;
    this.cache = new KeyCache(lookup, clock);
    this.users = new NewUsers(lookup, clock);
    this.uses = new LastUses(lookup);
  }

  /**
   * An authenticator over the store, told of its changes, that notes the keys' last uses every half
   * minute. Call {@link #flush} once more before the database is closed.
   *
   * @param mode in prod, development keys are refused
   */
  public static KeyAuthenticator open(Vertx vertx, KeyStore store, Mode mode, Clock clock) {
    var authenticator = new KeyAuthenticator(store, mode, clock);
    store.onChange(authenticator::forget);
    vertx.setPeriodic(FLUSH.toMillis(), _ -> authenticator.flush());
    return authenticator;
  }

  /**
   * Verifies a caller of the public API.
   *
   * @return the principal; or {@code UNAUTHENTICATED} for a key that is absent, damaged, unknown,
   *     expired or revoked; {@code FORBIDDEN} for an admin key, a wrong address, or a user key that
   *     names another user; {@code INVALID_REQUEST} for a user that is no id; {@code RATE_LIMITED}
   *     for a service key with too many new users; {@code STORAGE_UNAVAILABLE} or {@code
   *     OVERLOADED} if nobody can tell now
   */
  @Override
  public Future<Principal> authenticate(Credentials credentials) {
    return verified(credentials).compose(key -> atPublicDoor(key, credentials));
  }

  /**
   * Verifies a caller of the management API, whose key must be an admin's.
   *
   * @return the principal; or failures as {@link #authenticate}, with {@code FORBIDDEN} for a key
   *     of any other role
   */
  @Override
  public Future<Principal> authenticateAdmin(Credentials credentials) {
    return verified(credentials).compose(this::atManagementDoor);
  }

  /** Writes the keys' last uses; for the last moments of a process. */
  public Future<Void> flush() {
    return uses.flush();
  }

  /** Drops what is known of a key, so that it is looked up anew. */
  void forget(UUID key) {
    cache.forget(key);
  }

  private Future<Principal> atPublicDoor(KnownKey key, Credentials credentials) {
    if (key.role() == Role.ADMIN) {
      return Future.failedFuture(Verdicts.adminAtPublicDoor());
    }
    uses.used(key.id());
    var actingFor = credentials.actingFor().orElse(key.user());
    if (actingFor.equals(key.user())) {
      return Future.succeededFuture(key.principal(actingFor));
    }
    if (key.role() == Role.USER) {
      return Future.failedFuture(Verdicts.anotherUser());
    }
    if (!UserIds.valid(actingFor)) {
      return Future.failedFuture(Verdicts.badUser());
    }
    if (UserIds.reserved(actingFor)) {
      return Future.failedFuture(Verdicts.reservedUser());
    }
    return backHere(users.admit(key, actingFor)).map(_ -> key.principal(actingFor));
  }

  private Future<Principal> atManagementDoor(KnownKey key) {
    if (key.role() != Role.ADMIN) {
      return Future.failedFuture(Verdicts.adminWanted());
    }
    uses.used(key.id());
    return Future.succeededFuture(key.principal(key.user()));
  }

  /** The key behind the credentials, if it is good and comes from where it may. */
  private Future<KnownKey> verified(Credentials credentials) {
    if (credentials.key().isEmpty()) {
      return Future.failedFuture(Verdicts.noKey());
    }
    return switch (ApiKey.read(credentials.key().get())) {
      case ApiKey.Reading.Foreign _ -> Future.failedFuture(Verdicts.foreign());
      case ApiKey.Reading.Damaged _ -> Future.failedFuture(Verdicts.damaged());
      case ApiKey.Reading.Whole(var key) ->
          backHere(cache.get(key.hash())).compose(entry -> judged(entry, credentials));
    };
  }

  private Future<KnownKey> judged(KeyCache.Entry entry, Credentials credentials) {
    var key = entry.key();
    if (key.revoked()) {
      return Future.failedFuture(Verdicts.revoked());
    }
    if (key.development() && mode == Mode.PROD) {
      return Future.failedFuture(Verdicts.development());
    }
    if (entry.over(clock.nanoTime())) {
      return Future.failedFuture(key.rotatedOut() ? Verdicts.rotatedOut() : Verdicts.expired());
    }
    return key.allows(credentials.remoteAddress())
        ? Future.succeededFuture(key)
        : Future.failedFuture(Verdicts.wrongAddress());
  }

  /** A shared answer completes where the database answered; each caller gets it on its own loop. */
  private static <T> Future<T> backHere(Future<T> shared) {
    var context = Vertx.currentContext();
    if (context == null || shared.isComplete()) {
      return shared;
    }
    var promise = Promise.<T>promise();
    shared.onComplete(done -> context.runOnContext(_ -> promise.handle(done)));
    return promise.future();
  }
}
