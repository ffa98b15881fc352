package dev.weir.app;

import dev.weir.access.KeyAuthenticator;
import dev.weir.gateway.Credentials;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/** Whether a request on the management port carries an admin's key. */
record AdminCheck(KeyAuthenticator authenticator) {
  Future<Boolean> isAdmin(HttpServerRequest request) {
    var key = Credentials.key(request.headers());
    return key.isEmpty()
        ? Future.succeededFuture(false)
        : authenticator
            .authenticateAdmin(
                new Credentials(key, Optional.empty(), request.remoteAddress().hostAddress()))
            .map(true)
            .otherwise(false);
  }
}
