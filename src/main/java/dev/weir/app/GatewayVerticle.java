package dev.weir.app;

import dev.weir.config.WeirConfig;
import dev.weir.core.Clock;
import dev.weir.gateway.Authenticator;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.Planner;
import dev.weir.http.AccessListener;
import dev.weir.http.Connections;
import dev.weir.http.PublicApi;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.providers.Upstreams;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.net.BindException;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What stands once per event loop: a gateway with both doors and connections to the providers of
 * its own. Confined to its event loop, but for {@link #inFlight}.
 */
final class GatewayVerticle extends VerticleBase {
  private final Parts parts;
  private volatile Optional<Running> running = Optional.empty();
  private volatile int port;

  /**
   * What all verticles share.
   *
   * @param config the settings
   * @param clock time
   * @param catalogue the functions of now
   * @param models the model directory
   * @param authenticator tells who calls
   * @param stages the order of a call's story
   * @param draining whether the process shuts down
   * @param connections the count of open connections
   * @param access told of every request
   */
  record Parts(
      WeirConfig config,
      Clock clock,
      Supplier<FunctionCatalogue> catalogue,
      ModelDirectory models,
      Authenticator authenticator,
      Stages stages,
      BooleanSupplier draining,
      Connections connections,
      AccessListener access) {}

  private record Running(Upstreams upstreams, PublicApi api) {}

  GatewayVerticle(Parts parts) {
    this.parts = parts;
  }

  @Override
  public Future<?> start() {
    var config = parts.config();
    var upstreams = new Upstreams(vertx, config, parts.clock());
    var gateway =
        new Gateway(
            new Planner(parts.catalogue(), parts.models()), parts.stages().chain(vertx, upstreams));
    var api =
        new PublicApi(
            new PublicApi.Parts(
                vertx,
                config.http(),
                config.cors(),
                config.mode(),
                gateway,
                parts.authenticator(),
                parts.models(),
                parts.catalogue(),
                parts.clock(),
                parts.draining(),
                parts.connections(),
                parts.access()));
    var made = new Running(upstreams, api);
    running = Optional.of(made);
    return api.listen().recover(this::explained).onSuccess(bound -> port = bound);
  }

  private <T> Future<T> explained(Throwable failure) {
    var http = parts.config().http();
    return Future.failedFuture(
        failure instanceof BindException
            ? new StartFailure(
                "port "
                    + http.port()
                    + " of "
                    + http.host()
                    + " cannot be had ("
                    + failure.getMessage()
                    + "); stop what listens there, or move the API with WEIR_HTTP_LISTEN=host:port",
                failure)
            : failure);
  }

  @Override
  public Future<?> stop() {
    return running
        .<Future<?>>map(r -> r.api().close().eventually(r.upstreams()::close))
        .orElse(Future.succeededFuture());
  }

  /** Calls that are being answered here. Any thread. */
  int inFlight() {
    return running.map(r -> r.api().inFlight()).orElse(0);
  }

  /** The port that the public API listens on, once started. Any thread. */
  int port() {
    return port;
  }
}
