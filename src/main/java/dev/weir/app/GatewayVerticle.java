package dev.weir.app;

import dev.weir.analytics.UsageAnalytics;
import dev.weir.bus.BusDoor;
import dev.weir.config.WeirConfig;
import dev.weir.core.Clock;
import dev.weir.experiments.Feedback;
import dev.weir.forecast.ForecastService;
import dev.weir.gateway.Authenticator;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.OwnCalls;
import dev.weir.gateway.Planner;
import dev.weir.http.Connections;
import dev.weir.http.PublicApi;
import dev.weir.metering.CallJournal;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.providers.GoneFields;
import dev.weir.providers.Upstreams;
import dev.weir.wire.FeedbackRequest;
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
  private final CallJournal journal;
  private volatile Optional<Running> running = Optional.empty();
  private volatile int port;

  /**
   * What all verticles share.
   *
   * @param config the settings
   * @param clock time
   * @param catalogue the functions of now
   * @param models the model directory
   * @param usage answers questions about usage
   * @param authenticator tells who calls
   * @param forecasts what months will have cost
   * @param feedback takes what callers think of answers
   * @param ownCalls the calls that Weir makes itself
   * @param stages the order of a call's story
   * @param draining whether the process shuts down
   * @param connections the count of open connections
   * @param reports told of every call and of every refusal
   */
  record Parts(
      WeirConfig config,
      Clock clock,
      Supplier<FunctionCatalogue> catalogue,
      ModelDirectory models,
      UsageAnalytics usage,
      Authenticator authenticator,
      ForecastService forecasts,
      Feedback feedback,
      OwnCalls ownCalls,
      Stages stages,
      BooleanSupplier draining,
      Connections connections,
      CallReports reports) {}

  private record Running(Upstreams upstreams, PublicApi api, BusDoor bus) {}

  GatewayVerticle(Parts parts, CallJournal journal) {
    this.parts = parts;
    this.journal = journal;
  }

  @Override
  public Future<?> start() {
    var config = parts.config();
    var upstreams =
        new Upstreams(
            vertx,
            config,
            parts.clock(),
            config.refusesGoneFields() ? GoneFields.REFUSE : GoneFields.DROP);
    var gateway =
        new Gateway(
            new Planner(parts.catalogue(), parts.models()),
            parts.stages().chain(vertx, upstreams, journal));
    parts.ownCalls().serve(context, gateway);
    parts
        .stages()
        .cache()
        .serve(parts.stages().ownCalls(context, gateway, parts.ownCalls(), upstreams, journal));
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
                parts.usage(),
                parts.forecasts()::own,
                this::judged,
                parts.stages().limits(),
                parts.clock(),
                parts.draining(),
                parts.connections(),
                parts.reports()));
    var bus =
        new BusDoor(
            new BusDoor.Parts(
                vertx,
                gateway,
                parts.authenticator(),
                parts.clock(),
                parts.draining(),
                parts.reports(),
                this::judged,
                config.http().maxBodyBytes()));
    running = Optional.of(new Running(upstreams, api, bus));
    return api.listen()
        .recover(this::explained)
        .onSuccess(bound -> port = bound)
        .compose(_ -> bus.open());
  }

  private Future<String> judged(String user, FeedbackRequest given) {
    return parts
        .feedback()
        .give(user, given.request(), given.success(), given.score())
        .map(Feedback.Outcome::label);
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
        .<Future<?>>map(
            r -> r.bus().close().eventually(r.api()::close).eventually(r.upstreams()::close))
        .orElse(Future.succeededFuture());
  }

  /** Calls that are being answered here. Any thread. */
  int inFlight() {
    return running.map(r -> r.api().inFlight() + r.bus().inFlight()).orElse(0);
  }

  /** The port that the public API listens on, once started. Any thread. */
  int port() {
    return port;
  }
}
