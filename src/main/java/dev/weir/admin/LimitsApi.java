package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.limits.Limits;
import dev.weir.limits.Quotas;
import dev.weir.limits.RefusalLog;
import dev.weir.limits.StandingJson;
import dev.weir.limits.Subject;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * Limits in the admin API, mounted behind {@link AdminApi}.
 *
 * <pre>
 * GET /api/tiers                  the tiers
 * PUT /api/tiers/{name}           makes or changes one
 * GET /api/limits/{kind}/{id}     the standing of a user, key or team, and its own limits
 * PUT /api/limits/{kind}/{id}     {"tier": "pro", "limits": {"calls_per_day": 50}}
 * GET /api/refusals/{request}     why this request was limited
 * </pre>
 */
public final class LimitsApi {
  /** A tier as GET shows it: what is left out has no limit, so a slip would take one away. */
  private static final Set<String> OF_A_TIER =
      Set.of(
          "name",
          "is_default",
          "changed_at",
          "calls_per_month",
          "calls_per_day",
          "usd_per_month",
          "tokens_per_minute",
          "calls_per_minute",
          "concurrent_calls",
          "when_storage_away",
          "away_calls",
          "away_usd");

  private static final Set<String> OF_A_SUBJECT = Set.of("tier", "limits");

  private final Limits limits;
  private final Quotas quotas;
  private final RefusalLog refusals;

  /** An API over these. */
  public LimitsApi(Limits limits, Quotas quotas, RefusalLog refusals) {
    this.limits = limits;
    this.quotas = quotas;
    this.refusals = refusals;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    on(router, HttpMethod.GET, "/api/tiers", _ -> quotas.tiers());
    on(
        router,
        HttpMethod.PUT,
        "/api/tiers/:name",
        call ->
            quotas.putTier(
                String.valueOf(call.pathParam("name")), only(AdminApi.body(call), OF_A_TIER)));
    on(router, HttpMethod.GET, "/api/limits/:kind/:id", call -> show(subject(call)));
    on(
        router,
        HttpMethod.PUT,
        "/api/limits/:kind/:id",
        call ->
            quotas
                .change(subject(call), only(AdminApi.body(call), OF_A_SUBJECT))
                .compose(_ -> show(subject(call))));
    on(router, HttpMethod.GET, "/api/refusals/:request", this::why);
  }

  private Future<JsonNode> show(Subject subject) {
    return limits
        .check(subject)
        .compose(
            standing ->
                quotas
                    .own(subject)
                    .map(
                        own -> {
                          var json = StandingJson.of(standing);
                          json.set("own_limits", own);
                          return (JsonNode) json;
                        }));
  }

  private Future<JsonNode> why(RoutingContext call) {
    return refusals
        .why(uuid(String.valueOf(call.pathParam("request"))))
        .map(
            found ->
                (JsonNode)
                    found.orElseThrow(
                        () ->
                            AIError.of(
                                ErrorCode.NOT_FOUND,
                                "No limit is remembered to have refused this request; a sample of"
                                    + " each user's last refusals is kept.")));
  }

  private static JsonNode only(JsonNode body, Set<String> allowed) {
    var _ = Fields.of(body, allowed);
    return body;
  }

  private static Subject subject(RoutingContext call) {
    var id = String.valueOf(call.pathParam("id"));
    var kind =
        switch (String.valueOf(call.pathParam("kind")).toLowerCase(Locale.ROOT)) {
          case "user", "users" -> Subject.Kind.USER;
          case "key", "keys" -> Subject.Kind.KEY;
          case "team", "teams" -> Subject.Kind.TEAM;
          default -> throw AIError.invalid("Limits belong to a user, a key or a team.");
        };
    return new Subject(kind, kind == Subject.Kind.KEY ? uuid(id).toString() : id);
  }

  private static UUID uuid(String text) {
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException _) {
      throw AIError.invalid("This id must be a UUID.");
    }
  }

  private static void on(
      Router router,
      HttpMethod method,
      String path,
      Function<RoutingContext, Future<? extends JsonNode>> work) {
    router
        .route(method, path)
        .handler(
            call ->
                work.apply(call)
                    .onSuccess(
                        json ->
                            call.response()
                                .putHeader("content-type", "application/json")
                                .putHeader("cache-control", "no-store")
                                .end(Json.write(json)))
                    .onFailure(e -> Problem.send(call, AIError.from(e))))
        .failureHandler(AdminApi::failed);
  }
}
