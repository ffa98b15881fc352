package dev.weir.management;

import dev.weir.core.AIError;
import dev.weir.core.Json;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Failures of the management port as RFC 9457 problems, and the headers of all its replies. */
final class Problems {
  private static final Logger LOG = LogManager.getLogger(Problems.class);

  private Problems() {}

  static void headers(RoutingContext context) {
    context
        .response()
        .putHeader("x-content-type-options", "nosniff")
        .putHeader("referrer-policy", "no-referrer")
        .putHeader("x-frame-options", "DENY");
    context.next();
  }

  static void mount(Router router) {
    router.route().failureHandler(Problems::answer);
    for (var status : new int[] {400, 404, 405, 406, 413, 415, 500}) {
      router.errorHandler(status, Problems::answer);
    }
  }

  private static void answer(RoutingContext context) {
    if (context.response().ended() || context.response().closed()) {
      return;
    }
    if (context.response().headWritten()) {
      context.request().connection().close(); // Too late for a problem: cut it, so that it shows.
      return;
    }
    switch (context.failure()) {
      case AIError error ->
          write(context, error.code().status(), error.code().name(), error.message());
      case null -> plain(context, context.statusCode());
      default -> {
        if (context.statusCode() >= 500 || context.statusCode() < 400) {
          LOG.error("The management API failed on {}", context.normalizedPath(), context.failure());
        }
        plain(context, context.statusCode());
      }
    }
  }

  /** A status under 400 comes from a broken body, whose sender is to blame. */
  private static void plain(RoutingContext context, int status) {
    var code = status < 400 ? 400 : status;
    var title = HttpResponseStatus.valueOf(code).reasonPhrase();
    write(
        context,
        code,
        title,
        code == 404
            ? "There is no such path on the management port; GET / lists what is here."
            : title);
  }

  private static void write(RoutingContext context, int status, String title, String detail) {
    context
        .response()
        .setStatusCode(status)
        .putHeader("content-type", "application/problem+json")
        .end(
            Json.write(
                Json.object()
                    .put("type", "about:blank")
                    .put("title", title)
                    .put("status", status)
                    .put("detail", detail)));
  }
}
