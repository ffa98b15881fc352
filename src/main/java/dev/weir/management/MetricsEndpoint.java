package dev.weir.management;

import dev.weir.core.Secret;
import dev.weir.telemetry.Metrics;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;

/** {@code GET /metrics}: Prometheus's text, or OpenMetrics where that is asked for. */
final class MetricsEndpoint {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";
  private static final String BEARER = "Bearer ";

  private final Metrics metrics;
  private final Optional<Secret> token;

  MetricsEndpoint(Metrics metrics, Optional<Secret> token) {
    this.metrics = metrics;
    this.token = token;
  }

  void mount(Router router) {
    router.get("/metrics").handler(this::scrape);
  }

  private void scrape(RoutingContext context) {
    if (!isAllowed(context.request())) {
      context.response().putHeader("www-authenticate", "Bearer");
      context.fail(401);
      return;
    }
    var accept = Optional.ofNullable(context.request().getHeader("accept")).orElse("");
    var type = accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    context
        .vertx()
        .executeBlocking(() -> metrics.scrape(type))
        .onSuccess(text -> context.response().putHeader("content-type", type).end(text))
        .onFailure(context::fail);
  }

  /** Compares in constant time, so that a token cannot be guessed letter by letter. */
  private boolean isAllowed(HttpServerRequest request) {
    if (token.isEmpty()) {
      return true;
    }
    var header = Optional.ofNullable(request.getHeader("authorization")).orElse("");
    return header.regionMatches(true, 0, BEARER, 0, BEARER.length())
        && MessageDigest.isEqual(
            bytes(header.substring(BEARER.length()).strip()), bytes(token.get().value()));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
