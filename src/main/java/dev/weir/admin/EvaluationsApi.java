package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.evaluation.Evaluations;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/**
 * Evaluations by the management API; mounted behind {@link AdminApi}, which lets on admin keys
 * only.
 *
 * <pre>
 * GET  /api/evaluations                       the newest ones, without their reports
 * POST /api/evaluations                       begins one; see docs/evaluation.md
 * GET  /api/evaluations/{name}?partial=true   how far one is, and its report (partial: that of now)
 * POST /api/evaluations/{name}/stop           it takes no further item
 * </pre>
 */
public final class EvaluationsApi {
  private final Evaluations evaluations;

  /** An API over these evaluations. */
  public EvaluationsApi(Evaluations evaluations) {
    this.evaluations = evaluations;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    AdminApi.on(router, HttpMethod.GET, "/api/evaluations", 200, _ -> evaluations.list());
    AdminApi.on(router, HttpMethod.POST, "/api/evaluations", 202, this::start);
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/evaluations/:name",
        200,
        call ->
            evaluations.show(
                name(call), AdminApi.query(call, "partial").filter("true"::equals).isPresent()));
    AdminApi.on(
        router,
        HttpMethod.POST,
        "/api/evaluations/:name/stop",
        200,
        call -> evaluations.stop(name(call)));
  }

  /** A body of many cases is read where nobody waits for the thread. */
  private Future<JsonNode> start(RoutingContext call) {
    return evaluations.start(AdminApi.later(call), AdminApi.admin(call).toString());
  }

  private static String name(RoutingContext call) {
    return String.valueOf(call.pathParam("name"));
  }
}
