package dev.weir.access;

import dev.weir.core.AIError;
import dev.weir.core.Secret;
import dev.weir.gateway.Principal.Role;
import io.vertx.core.Future;

/** The way into a new installation: the admin key that its operator mounts as a file. */
public final class FirstAdminKey {
  private FirstAdminKey() {}

  /**
   * Registers the key of {@code WEIR_ADMIN_KEY} or {@code WEIR_ADMIN_KEY_FILE}; does nothing if it
   * is registered. One that was revoked stays revoked, so that a leaked file cannot bring itself
   * back.
   *
   * @return fails with {@code INVALID_REQUEST} if it is no admin key of Weir's, in words for the
   *     operator; the key itself is never in them
   */
  public static Future<Void> register(KeyStore store, Secret configured) {
    if (!(ApiKey.read(configured.value().strip()) instanceof ApiKey.Reading.Whole(var key))
        || key.role() != Role.ADMIN) {
      return Future.failedFuture(
          AIError.invalid(
              "The key in WEIR_ADMIN_KEY (or its _FILE) is no admin key of Weir's, or is damaged."
                  + " Make one with: weir key generate --role admin"));
    }
    return store.register(key, NewKey.of("first admin key", Role.ADMIN, "admin"), false).mapEmpty();
  }
}
