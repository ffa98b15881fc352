package dev.weir.management;

import dev.weir.config.ManagementSettings;
import dev.weir.health.HealthEndpoints;
import dev.weir.telemetry.Metrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.net.BindException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The server of the management port. Deployed once; it starts before anything else is ready, so
 * that probes can see the start, and stops last. Confined to its event loop.
 *
 * <p>A mount adds its routes to the router, body handlers of its own included. Whatever it does not
 * answer is an RFC 9457 problem.
 */
public final class ManagementServer extends VerticleBase {
  private static final int IDLE_SECONDS = 60;
  private static final int MAX_HEAD = 16 << 10;

  private final ManagementSettings settings;
  private final HealthEndpoints health;
  private final MetricsEndpoint metrics;
  private final List<Consumer<Router>> mounts;
  private volatile Optional<HttpServer> server = Optional.empty();

  /**
   * A server.
   *
   * @param settings address and token
   * @param health the probes
   * @param metrics the meters behind {@code /metrics}
   * @param mounts add the routes of other rooms, in this order
   */
  public ManagementServer(
      ManagementSettings settings,
      HealthEndpoints health,
      Metrics metrics,
      List<Consumer<Router>> mounts) {
    this.settings = settings;
    this.health = health;
    this.metrics = new MetricsEndpoint(metrics, settings.metricsToken());
    this.mounts = List.copyOf(mounts);
  }

  /**
   * Binds the port.
   *
   * @return fails with a sentence for the operator if the port is taken
   */
  @Override
  public Future<?> start() {
    var options =
        new HttpServerOptions()
            .setIdleTimeout(IDLE_SECONDS)
            .setMaxHeaderSize(MAX_HEAD)
            .setHttp2ClearTextEnabled(false);
    return vertx
        .createHttpServer(options)
        .requestHandler(router())
        .listen(settings.port(), settings.host())
        .recover(e -> Future.failedFuture(explained(e)))
        .onSuccess(listening -> server = Optional.of(listening));
  }

  @Override
  public Future<?> stop() {
    return server.map(HttpServer::close).orElse(Future.succeededFuture());
  }

  /** The port that it listens on, once started: the free one that was found for port 0. */
  public int port() {
    return server.map(HttpServer::actualPort).orElse(settings.port());
  }

  private Router router() {
    var router = Router.router(vertx);
    router.route().handler(Problems::headers);
    health.mount(router);
    metrics.mount(router);
    Front.mount(router);
    mounts.forEach(mount -> mount.accept(router));
    Problems.mount(router);
    return router;
  }

  private Throwable explained(Throwable failure) {
    for (var t = failure; t != null; t = t.getCause()) {
      if (t instanceof BindException) {
        return new IllegalStateException(
            "The management port "
                + settings.host()
                + ":"
                + settings.port()
                + " cannot be had ("
                + t.getMessage()
                + "); stop what listens there, or set WEIR_MANAGEMENT_LISTEN (management.listen)"
                + " to another one.",
            failure);
      }
    }
    return failure;
  }
}
