package dev.weir.app;

import dev.weir.access.KeyAuthenticator;
import dev.weir.gateway.Credentials;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/** Whether a request on the management port carries an admin's key. */
record AdminCheck(KeyAuthenticator authenticator) {
  private static final String BEARER = "bearer ";

  Future<Boolean> isAdmin(HttpServerRequest request) {
    var key = key(request);
    return key.isEmpty()
        ? Future.succeededFuture(false)
        : authenticator
            .authenticateAdmin(
                new Credentials(key, Optional.empty(), request.remoteAddress().hostAddress()))
            .map(true)
            .otherwise(false);
  }

  private static Optional<String> key(HttpServerRequest request) {
    var authorization = request.getHeader("authorization");
    return authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? Optional.of(authorization.substring(BEARER.length()).strip())
        : Optional.ofNullable(request.getHeader("x-api-key"));
  }
}
