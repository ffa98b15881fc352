package dev.weir.gateway;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import io.vertx.core.Future;

/**
 * Turns what a caller shows into who it is. The seam between the doors and the {@code access} room;
 * thread-safe.
 */
@FunctionalInterface
public interface Authenticator {
  /**
   * Verifies the credentials. The future completes on the caller's event loop where there is one.
   *
   * @return the principal, or a failure that is an {@link dev.weir.core.AIError}: {@code
   *     UNAUTHENTICATED} for an absent, unknown, expired or revoked key, {@code FORBIDDEN} for a
   *     good key that may not do this (an admin key at a public door, a user key that names another
   *     user, a wrong address), {@code STORAGE_UNAVAILABLE} if nobody can tell
   */
  Future<Principal> authenticate(Credentials credentials);

  /**
   * Verifies an administrator's key that a caller shows beside its own, to do what callers may not.
   *
   * @return the administrator, or {@code FORBIDDEN} and other failures as of {@link #authenticate}
   */
  default Future<Principal> authenticateAdmin(Credentials credentials) {
    return Future.failedFuture(
        AIError.of(ErrorCode.FORBIDDEN, "Administrators are not known here."));
  }
}
