package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.analytics.UsageAnalytics;
import dev.weir.config.HttpSettings;
import dev.weir.config.Mode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.LargeWork;
import dev.weir.gateway.Authenticator;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.ModelDirectory;
import dev.weir.limits.Limits;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.wire.FeedbackRequest;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The public API on its port. One per verticle, all on the same port; each is confined to its event
 * loop, but for {@link #inFlight}.
 */
public final class PublicApi {
  private static final int LONGEST_FIRST_LINE = 8192;

  private final Parts parts;
  private final Cors cors;
  private final Routes routes;
  private final HttpServerOptions options;
  private final HttpServer server;
  private final AtomicInteger inFlight = new AtomicInteger();

  /**
   * What the door needs.
   *
   * @param vertx the reactor
   * @param settings the port and its limits
   * @param origins the browsers' origins that may call
   * @param mode dev mode allows {@code http://localhost} on any port besides
   * @param gateway the verticle's own gateway
   * @param authenticator tells who calls
   * @param models for {@code GET /v1/models}
   * @param catalogue the current snapshot of the functions
   * @param usage for {@code GET /v1/usage}
   * @param forecast a user's month as it is foreseen, for {@code GET /v1/usage/forecast}
   * @param feedback takes a user's opinion of an answer and says what became of it, for {@code POST
   *     /v1/feedback}
   * @param limits for {@code GET /v1/limits}
   * @param clock time
   * @param draining whether the node is shutting down: new calls are refused then
   * @param connections the count that all verticles share
   * @param listener told of every request
   */
  public record Parts(
      Vertx vertx,
      HttpSettings settings,
      List<String> origins,
      Mode mode,
      Gateway gateway,
      Authenticator authenticator,
      ModelDirectory models,
      Supplier<FunctionCatalogue> catalogue,
      UsageAnalytics usage,
      Function<String, Future<JsonNode>> forecast,
      BiFunction<String, FeedbackRequest, Future<String>> feedback,
      Limits limits,
      Clock clock,
      BooleanSupplier draining,
      Connections connections,
      AccessListener listener) {
    /** Copies the origins. */
    public Parts {
      origins = List.copyOf(origins);
    }
  }

  /** A door that is not open yet. */
  public PublicApi(Parts parts) {
    this.parts = parts;
    this.cors = new Cors(parts.origins(), parts.mode());
    this.routes = routes(parts);
    this.options = options(parts.settings());
    this.server =
        parts
            .vertx()
            .createHttpServer(options)
            .connectionHandler(
                c -> ConnectionGuard.watch(c, options, parts.settings(), parts.connections()))
            .invalidRequestHandler(this::refuse)
            .requestHandler(this::receive);
  }

  /**
   * Opens the door.
   *
   * @return the port; fails with the cause if the address cannot be had
   */
  public Future<Integer> listen() {
    return server.listen().map(HttpServer::actualPort);
  }

  /** Requests that are being answered by this instance. Any thread. */
  public int inFlight() {
    return inFlight.get();
  }

  /** Closes the port and every connection, also those in use; drain first. */
  public Future<Void> close() {
    return server.close();
  }

  private static Routes routes(Parts parts) {
    var work = new LargeWork(parts.vertx());
    var reception = new Reception(parts.vertx(), parts.settings(), parts.authenticator(), work);
    var functions =
        new FunctionsEndpoint(
            parts.vertx(), reception, parts.gateway(), parts.catalogue(), parts.models());
    var chat = new ChatEndpoint(parts.vertx(), reception, parts.gateway());
    var embeddings = new EmbeddingEndpoint(reception, parts.gateway(), work);
    var models = new ModelsEndpoint(reception, parts.models(), parts.clock().now());
    var limits = new LimitsEndpoint(reception, parts.limits());
    var usage = new UsageEndpoint(reception, parts.usage());
    var forecast = new ForecastEndpoint(reception, parts.forecast());
    var feedback = new FeedbackEndpoint(reception, parts.feedback());
    var docs = new DocsEndpoint();
    return new Routes()
        .add(HttpMethod.POST, "/v1/functions/{name}", functions::call)
        .add(HttpMethod.GET, "/v1/functions/{name}", functions::show)
        .add(HttpMethod.GET, "/v1/functions", functions::list)
        .add(HttpMethod.POST, "/v1/chat/completions", chat::call)
        .add(HttpMethod.POST, "/v1/embeddings", embeddings::call)
        .add(HttpMethod.GET, "/v1/models", models::list)
        .add(HttpMethod.GET, "/v1/models/{id...}", models::show)
        .add(HttpMethod.GET, "/v1/usage", usage::show)
        .add(HttpMethod.GET, "/v1/usage/forecast", forecast::show)
        .add(HttpMethod.GET, "/v1/limits", limits::show)
        .add(HttpMethod.POST, "/v1/feedback", feedback::give)
        .add(HttpMethod.GET, "/openapi.json", docs::openapi)
        .add(HttpMethod.GET, "/docs", docs::page)
        .add(HttpMethod.GET, "/docs/{file}", docs::file);
  }

  private static HttpServerOptions options(HttpSettings settings) {
    return new HttpServerOptions()
        .setHost(settings.host())
        .setPort(settings.port())
        .setMaxHeaderSize(settings.maxHeaderBytes())
        .setMaxInitialLineLength(LONGEST_FIRST_LINE)
        .setMaxChunkSize(64 << 10)
        .setHttp2ClearTextEnabled(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false)
        .setIdleTimeout(0);
  }

  private void receive(HttpServerRequest request) {
    var visit = open(request);
    try {
      var path = HeadRules.check(request);
      visit.at("none", Routes.envelope(path));
      if (parts.draining().getAsBoolean()) {
        throw draining();
      }
      if (request.method().equals(HttpMethod.OPTIONS)) {
        preflight(visit, path);
      } else {
        routes.dispatch(visit, path);
      }
    } catch (RuntimeException e) {
      visit.fail(AIError.from(e));
    }
  }

  /** Answers what could not be decoded as a request; Vert.x then closes the connection. */
  private void refuse(HttpServerRequest request) {
    var cause = request.decoderResult().cause();
    if (cause instanceof PrematureChannelClosureException) {
      return;
    }
    open(request).fail(reason(cause));
  }

  private Visit open(HttpServerRequest request) {
    inFlight.incrementAndGet();
    return new Visit(request, parts.clock(), cors, parts.draining(), this::over);
  }

  private void over(Visit visit) {
    inFlight.decrementAndGet();
    parts.listener().served(visit.served());
  }

  private void preflight(Visit visit, String path) {
    visit.at("preflight", dev.weir.wire.Envelope.FUNCTIONS);
    var methods = path.equals("*") ? "GET, HEAD, OPTIONS, POST" : routes.allowed(path);
    if (methods.isEmpty()) {
      throw AIError.of(ErrorCode.NOT_FOUND, "There is no such endpoint.");
    }
    var headers = visit.response().headers();
    headers.set("allow", methods);
    cors.markPreflight(visit.headers(), headers, methods);
    visit.replyEmpty(204);
  }

  private static AIError reason(Throwable cause) {
    return switch (cause) {
      case AIError error -> error;
      case TooLongHttpHeaderException _ ->
          AIError.of(
              ErrorCode.HEADERS_TOO_LARGE,
              "The request's headers are over the limit; send fewer or shorter ones.");
      case TooLongHttpLineException _ ->
          AIError.of(
              ErrorCode.HEADERS_TOO_LARGE,
              "The request's first line is over " + LONGEST_FIRST_LINE + " bytes.");
      default -> AIError.invalid("The request is not valid HTTP/1.1.").causedBy(cause);
    };
  }

  private static AIError draining() {
    return AIError.of(ErrorCode.DRAINING, "This node is shutting down; send the request again.")
        .retryAfter(Duration.ofSeconds(1));
  }
}
