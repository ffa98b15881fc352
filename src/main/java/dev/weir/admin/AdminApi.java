package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.access.KeyAuthenticator;
import dev.weir.access.KeyStore;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.Credentials;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.resilience.BreakerStatus;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Everything under {@code /api} of the management port. Thread-safe; one may be mounted on several
 * routers.
 *
 * <pre>
 * POST /api/keys                  make a key; the answer alone holds it
 * GET  /api/keys?limit=&amp;after=    keys, newest first
 * GET  /api/keys/{id}             one key
 * POST /api/keys/{id}/rotate      a new secret, the old one good for {"overlap": "24h"}
 * POST /api/keys/{id}/revoke      its end (DELETE /api/keys/{id} does the same)
 * GET  /api/logging/level         {"level": "INFO"}
 * PUT  /api/logging/level         sets it
 * GET  /api/functions             the functions in force
 * POST /api/reload                reads the functions again; 409 with the faults if they are refused
 * GET  /api/breakers              the circuit breakers of this process
 * POST /api/usage/reprice         prices history again, see {@link RepriceApi}
 * POST /api/evaluations           tries a version on stored items, see {@link EvaluationsApi}
 * </pre>
 */
public final class AdminApi {
  private static final int MAX_BODY = 384 << 10;

  /** An evaluation's cases come all at once. */
  private static final int MAX_CASES = 16 << 20;

  private static final int DEFAULT_PAGE = 50;
  private static final int DEFAULT_FUNCTIONS = 100;
  private static final int MAX_FUNCTIONS = 1_000;

  /** Behind every route that another room may add under /api in the ordinary way. */
  private static final int LAST = 1_000_000;

  private static final String ADMIN = "weir.admin";

  private final Parts parts;

  /**
   * What the API shows and moves.
   *
   * @param authenticator knows the admin keys
   * @param keys the keys
   * @param logging the level of the log
   * @param functions the functions in force
   * @param reload reads them again
   * @param breakers the circuit breakers as they stand
   */
  public record Parts(
      KeyAuthenticator authenticator,
      KeyStore keys,
      LogLevel logging,
      Supplier<FunctionCatalogue> functions,
      Reload reload,
      Supplier<List<BreakerStatus>> breakers) {}

  /** An API over these parts. */
  public AdminApi(Parts parts) {
    this.parts = parts;
  }

  /**
   * Adds the routes; they handle their own bodies and errors. Others of /api are added after it.
   */
  public void mount(Router router) {
    router
        .route("/api/*")
        .handler(this::admit)
        .handler(AdminApi::withoutNul)
        .failureHandler(AdminApi::failed);
    // The first to read a body is the only one.
    router
        .post("/api/evaluations")
        .handler(BodyHandler.create(false).setBodyLimit(MAX_CASES))
        .failureHandler(AdminApi::failed);
    router
        .route("/api/*")
        .handler(BodyHandler.create(false).setBodyLimit(MAX_BODY))
        .failureHandler(AdminApi::failed);

    on(
        router,
        HttpMethod.POST,
        "/api/keys",
        201,
        call -> parts.keys().create(KeyJson.wish(body(call))).map(KeyJson::issued));
    on(router, HttpMethod.GET, "/api/keys", 200, this::listKeys);
    on(
        router,
        HttpMethod.GET,
        "/api/keys/:id",
        200,
        call -> parts.keys().get(id(call)).map(KeyJson::record));
    on(router, HttpMethod.DELETE, "/api/keys/:id", 200, this::revoke);
    on(router, HttpMethod.POST, "/api/keys/:id/revoke", 200, this::revoke);
    on(
        router,
        HttpMethod.POST,
        "/api/keys/:id/rotate",
        200,
        call ->
            parts.keys().rotate(id(call), KeyJson.overlap(bodyOrEmpty(call))).map(KeyJson::issued));
    on(router, HttpMethod.GET, "/api/logging/level", 200, _ -> Future.succeededFuture(level()));
    on(router, HttpMethod.PUT, "/api/logging/level", 200, this::setLevel);
    on(router, HttpMethod.GET, "/api/functions", 200, this::listFunctions);
    on(
        router,
        HttpMethod.POST,
        "/api/reload",
        200,
        _ -> parts.reload().reload().compose(AdminApi::reloaded));
    on(
        router,
        HttpMethod.GET,
        "/api/breakers",
        200,
        _ -> Future.succeededFuture(StatusJson.breakers(parts.breakers().get())));
    router
        .route("/api/*")
        .order(LAST + 1)
        .handler(AdminApi::nothingHere)
        .failureHandler(AdminApi::failed);
  }

  /** Adds a route that answers in JSON, and 405 for the other verbs of its path. */
  static void on(
      Router router,
      HttpMethod method,
      String path,
      int status,
      Function<RoutingContext, Future<? extends JsonNode>> work) {
    written(router, method, path, status, call -> work.apply(call).map(Json::write));
  }

  /** The same for JSON that was written already, where that takes more than a moment. */
  static void written(
      Router router,
      HttpMethod method,
      String path,
      int status,
      Function<RoutingContext, Future<Buffer>> work) {
    router
        .route(method, path)
        .handler(
            call ->
                work.apply(call)
                    .onSuccess(json -> send(call, status, json))
                    .onFailure(e -> Problem.send(call, AIError.from(e))))
        .failureHandler(AdminApi::failed);
    // Reached by any other verb on this path; the routes of its other verbs are asked first.
    router
        .route(path)
        .order(LAST)
        .handler(call -> Problem.send(call, wrongMethod(call)))
        .failureHandler(AdminApi::failed);
  }

  private static AIError wrongMethod(RoutingContext call) {
    return AIError.of(
        ErrorCode.METHOD_NOT_ALLOWED,
        "This path of the management API does not take " + call.request().method() + ".");
  }

  /** Lets a request on only with an admin key; its body waits until then. */
  private void admit(RoutingContext call) {
    call.request().pause();
    parts
        .authenticator()
        .authenticateAdmin(credentials(call))
        .onComplete(
            known -> {
              call.request().resume();
              if (known.succeeded()) {
                call.put(ADMIN, known.result().key());
                call.next();
              } else {
                Problem.send(call, AIError.from(known.cause()));
              }
            });
  }

  /** PostgreSQL has no text with a NUL, so no part of an address may have one. */
  private static void withoutNul(RoutingContext call) {
    if (URLDecoder.decode(call.request().path(), StandardCharsets.UTF_8).indexOf(0) >= 0
        || call.queryParams().entries().stream()
            .anyMatch(e -> e.getKey().indexOf(0) >= 0 || e.getValue().indexOf(0) >= 0)) {
      throw AIError.invalid("The address holds a NUL character (%00); remove it.");
    }
    call.next();
  }

  private static Credentials credentials(RoutingContext call) {
    return new Credentials(
        Credentials.key(call.request().headers()),
        Optional.empty(),
        call.request().remoteAddress().hostAddress());
  }

  /** The id of the key with which a request was let on. */
  static UUID admin(RoutingContext call) {
    return Objects.requireNonNull(call.<UUID>get(ADMIN), "not let on");
  }

  private Future<JsonNode> listKeys(RoutingContext call) {
    var limit = number(call, "limit", DEFAULT_PAGE, KeyStore.MAX_PAGE);
    var after =
        query(call, "after")
            .map(text -> uuid(text, "'after' must be the 'next' of the page before."));
    return parts.keys().list(limit, after).map(KeyJson::page);
  }

  private Future<JsonNode> revoke(RoutingContext call) {
    return parts.keys().revoke(id(call)).map(KeyJson::record);
  }

  private JsonNode level() {
    return Json.object().put("level", parts.logging().current());
  }

  private Future<JsonNode> setLevel(RoutingContext call) {
    var level =
        Fields.of(body(call), java.util.Set.of("level"))
            .requiredText("level")
            .toUpperCase(Locale.ROOT);
    if (!List.of("DEBUG", "INFO", "WARN", "ERROR").contains(level)) {
      throw AIError.invalid("'level' must be DEBUG, INFO, WARN or ERROR.");
    }
    parts.logging().set(level);
    return Future.succeededFuture(level());
  }

  private Future<JsonNode> listFunctions(RoutingContext call) {
    var limit = number(call, "limit", DEFAULT_FUNCTIONS, MAX_FUNCTIONS);
    return Future.succeededFuture(
        StatusJson.functions(parts.functions().get(), limit, query(call, "after")));
  }

  private static Future<JsonNode> reloaded(Reload.Outcome outcome) {
    return outcome.faults().isEmpty()
        ? Future.succeededFuture(Json.object().put("functions", outcome.functions()))
        : Future.failedFuture(
            AIError.of(
                    ErrorCode.CONFLICT,
                    "The files on disk are refused; what was loaded before stays in force. First"
                        + " fault: "
                        + outcome.faults().getFirst())
                .with("faults", outcome.faults()));
  }

  /** The body of a request, which must be JSON. */
  static JsonNode body(RoutingContext call) {
    return Json.parse(bytes(call));
  }

  /** The same, to be read by whichever thread calls it. */
  static Callable<JsonNode> later(RoutingContext call) {
    var bytes = bytes(call);
    return () -> Json.parse(bytes);
  }

  private static Buffer bytes(RoutingContext call) {
    var type = Optional.ofNullable(call.request().getHeader("content-type")).orElse("");
    if (!type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw AIError.of(
          ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send JSON, with 'content-type: application/json'.");
    }
    var bytes = call.body().buffer();
    if (bytes == null) {
      throw AIError.invalid("The body is empty; send a JSON object.");
    }
    return bytes;
  }

  private static JsonNode bodyOrEmpty(RoutingContext call) {
    var bytes = call.body().buffer();
    return bytes == null || bytes.length() == 0 ? Json.object() : body(call);
  }

  private static UUID id(RoutingContext call) {
    return uuid(
        String.valueOf(call.pathParam("id")), "A key's id is a UUID; GET /api/keys lists them.");
  }

  private static UUID uuid(String text, String otherwise) {
    try {
      if (text.length() == 36) {
        return UUID.fromString(text);
      }
    } catch (IllegalArgumentException _) {
      // said below
    }
    throw AIError.invalid(otherwise);
  }

  static Optional<String> query(RoutingContext call, String name) {
    return call.queryParam(name).stream().findFirst();
  }

  static int number(RoutingContext call, String name, int standard, int most) {
    return query(call, name)
        .map(
            text -> {
              if (text.matches("[0-9]{1,6}")) {
                var number = Integer.parseInt(text);
                if (number >= 1 && number <= most) {
                  return number;
                }
              }
              throw AIError.invalid("'" + name + "' must be a number from 1 to " + most + ".");
            })
        .orElse(standard);
  }

  private static void send(RoutingContext call, int status, Buffer json) {
    Problem.requestId(call);
    call.response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .putHeader("cache-control", "no-store")
        .end(json);
  }

  private static void nothingHere(RoutingContext call) {
    Problem.send(
        call,
        AIError.of(
            ErrorCode.NOT_FOUND,
            "The management API has no "
                + call.request().method()
                + " at this path; see docs/keys.md for what it has."));
  }

  /** What handlers throw, and what the body handler refuses. */
  static void failed(RoutingContext call) {
    var failure = call.failure();
    Problem.send(
        call,
        failure instanceof AIError error
            ? error
            : switch (call.statusCode()) {
              case 413 ->
                  AIError.of(
                      ErrorCode.PAYLOAD_TOO_LARGE,
                      "The body is over the management API's "
                          + (call.normalizedPath().equals("/api/evaluations")
                              ? MAX_CASES
                              : MAX_BODY)
                          + " bytes.");
              case 500 ->
                  AIError.from(failure == null ? new IllegalStateException("failed") : failure);
              default -> AIError.invalid("The request cannot be read.");
            });
  }
}
