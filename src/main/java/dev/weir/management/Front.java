package dev.weir.management;

import io.vertx.ext.web.Router;

/** {@code GET /}: what is here. */
final class Front {
  private static final String PAGE =
      """
      <!doctype html>
      <html lang="en">
      <head><meta charset="utf-8"><title>Weir</title></head>
      <body>
      <h1>Weir</h1>
      <p>The management port. Calls go to the public one.</p>
      <ul>
      <li><a href="/livez">/livez</a>: the process works</li>
      <li><a href="/readyz">/readyz</a>: calls may be sent here</li>
      <li><a href="/startupz">/startupz</a>: the start is over</li>
      <li><a href="/system-health">/system-health</a>: status and score; with an admin key the full
      report</li>
      <li><a href="/metrics">/metrics</a>: meters, as Prometheus reads them</li>
      <li>/api: the admin API, with an admin key</li>
      </ul>
      </body>
      </html>
      """;

  private Front() {}

  static void mount(Router router) {
    router
        .get("/")
        .handler(
            context ->
                context
                    .response()
                    .putHeader("content-type", "text/html; charset=utf-8")
                    .putHeader("content-security-policy", "default-src 'none'")
                    .end(PAGE));
  }
}
