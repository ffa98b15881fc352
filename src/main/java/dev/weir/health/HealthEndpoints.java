package dev.weir.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.healthchecks.CheckResult;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The endpoints of {@link Health}: 200 if all is well, 503 if not, never cached. Anyone sees which
 * check fails, only an admin why: a reason may name hosts.
 */
public final class HealthEndpoints {
  private final Health health;
  private final Function<HttpServerRequest, Future<Boolean>> isAdmin;

  /**
   * The endpoints of some health.
   *
   * @param isAdmin whether a request carries an admin's key; a failure counts as no
   */
  public HealthEndpoints(Health health, Function<HttpServerRequest, Future<Boolean>> isAdmin) {
    this.health = health;
    this.isAdmin = isAdmin;
  }

  /** Mounts the endpoints. */
  public void mount(Router router) {
    probe(router, List.of("/livez", "/health/live"), health::live);
    probe(router, List.of("/readyz", "/health/ready"), health::ready);
    probe(router, List.of("/startupz", "/health/started"), health::startup);
    get(router, "/system-health", this::system);
  }

  private static void probe(
      Router router, List<String> paths, Supplier<Future<CheckResult>> check) {
    for (var path : paths) {
      get(
          router,
          path,
          context ->
              check
                  .get()
                  .onSuccess(result -> reply(context, CheckResult.isUp(result), brief(result)))
                  .onFailure(context::fail));
    }
  }

  private static void get(
      Router router, String path, io.vertx.core.Handler<RoutingContext> handler) {
    router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD).handler(handler);
  }

  private void system(RoutingContext context) {
    var admin = isAdmin.apply(context.request()).otherwise(false);
    Future.all(health.system(), admin)
        .onSuccess(
            both -> {
              SystemReport report = both.resultAt(0);
              Boolean full = both.resultAt(1);
              reply(context, report.serves(), full ? report.full() : report.brief());
            })
        .onFailure(context::fail);
  }

  private static ObjectNode brief(CheckResult result) {
    var body = Json.object().put("status", CheckResult.isUp(result) ? "UP" : "DOWN");
    var checks = body.putArray("checks");
    for (var check : result.getChecks()) {
      checks
          .addObject()
          .put("name", check.getId())
          .put("status", CheckResult.isUp(check) ? "UP" : "DOWN");
    }
    return body;
  }

  private static void reply(RoutingContext context, boolean good, ObjectNode body) {
    context
        .response()
        .setStatusCode(good ? 200 : 503)
        .putHeader("content-type", "application/json")
        .putHeader("cache-control", "no-store")
        .end(Json.write(body));
  }
}
