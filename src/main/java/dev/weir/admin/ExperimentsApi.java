package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.experiments.ExperimentReports;
import dev.weir.experiments.Experiments;
import dev.weir.experiments.SizeEstimate;
import dev.weir.wire.ExperimentCsv;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.function.Function;

/**
 * Experiments by the management API; mounted behind {@link AdminApi}, which lets on admin keys
 * only.
 *
 * <pre>
 * GET    /api/experiments                            all, newest first
 * POST   /api/experiments                            keeps a draft
 * GET    /api/experiments/{e}                        one, with the sums and effects of its arms
 * DELETE /api/experiments/{e}                        forgets a draft
 * POST   /api/experiments/{e}/start|pause|resume|stop
 * POST   /api/experiments/{e}/conclude               {"winner", "promote"}
 * PUT    /api/experiments/{e}/weights                {"a": 3, "b": 1}, for users who come from now on
 * POST   /api/experiments/{e}/variants/{v}/off       {"reason"}
 * POST   /api/experiments/{e}/variants/{v}/on        {"weight", "reason"}
 * GET    /api/experiments/{e}/decisions?limit=
 * GET    /api/experiments/{e}/results.csv
 * GET    /api/experiments/{e}/size?effect=&amp;power=   users and days that it will need
 * </pre>
 */
public final class ExperimentsApi {
  private static final int PAGE = 100;
  private static final int LARGEST_PAGE = 1_000;

  private final Experiments experiments;
  private final ExperimentReports reports;
  private final SizeEstimate sizes;

  /** An API over these experiments. */
  public ExperimentsApi(Experiments experiments, ExperimentReports reports, SizeEstimate sizes) {
    this.sizes = sizes;
    this.experiments = experiments;
    this.reports = reports;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    AdminApi.on(router, HttpMethod.GET, "/api/experiments", 200, _ -> reports.list());
    AdminApi.on(
        router,
        HttpMethod.POST,
        "/api/experiments",
        201,
        call -> experiments.create(AdminApi.body(call), by(call)).compose(reports::show));
    AdminApi.on(
        router, HttpMethod.GET, "/api/experiments/:e", 200, call -> reports.show(name(call)));
    AdminApi.on(
        router,
        HttpMethod.DELETE,
        "/api/experiments/:e",
        200,
        call -> experiments.delete(name(call)).map(_ -> Json.object().put("deleted", name(call))));
    change(router, "start", call -> experiments.start(name(call), by(call)));
    change(router, "pause", call -> experiments.pause(name(call), by(call)));
    change(router, "resume", call -> experiments.resume(name(call), by(call)));
    change(router, "stop", call -> experiments.stop(name(call), by(call)));
    change(router, "conclude", this::conclude);
    change(router, "variants/:v/off", this::off);
    change(router, "variants/:v/on", this::on);
    AdminApi.on(router, HttpMethod.PUT, "/api/experiments/:e/weights", 200, this::weights);
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/experiments/:e/decisions",
        200,
        call -> reports.decisions(name(call), AdminApi.number(call, "limit", PAGE, LARGEST_PAGE)));
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/experiments/:e/size",
        200,
        call -> sizes.of(name(call), share(call, "effect", 0.05), share(call, "power", 0.8)));
    router
        .route(HttpMethod.GET, "/api/experiments/:e/results.csv")
        .handler(this::csv)
        .failureHandler(AdminApi::failed);
  }

  private void change(Router router, String what, Function<RoutingContext, Future<Void>> work) {
    AdminApi.on(
        router,
        HttpMethod.POST,
        "/api/experiments/:e/" + what,
        200,
        call -> work.apply(call).compose(_ -> reports.show(name(call))));
  }

  private Future<Void> conclude(RoutingContext call) {
    var body = AdminApi.body(call);
    var fields = Fields.of(body, Set.of("winner", "promote"));
    return experiments.conclude(
        name(call), fields.requiredText("winner"), body.path("promote").asBoolean(false), by(call));
  }

  private Future<Void> off(RoutingContext call) {
    var fields = Fields.of(AdminApi.body(call), Set.of("reason"));
    return experiments.off(
        name(call), variant(call), fields.text("reason").orElse("by an administrator"), by(call));
  }

  private Future<Void> on(RoutingContext call) {
    var body = AdminApi.body(call);
    var fields = Fields.of(body, Set.of("weight", "reason"));
    var weight = body.path("weight").asDouble(1);
    if (!(weight > 0 && weight <= 1e9)) {
      throw AIError.invalid("'weight' must be a number above 0.");
    }
    return experiments.on(
        name(call),
        variant(call),
        weight,
        fields.text("reason").orElse("by an administrator"),
        by(call));
  }

  private Future<JsonNode> weights(RoutingContext call) {
    var body = AdminApi.body(call);
    if (!body.isObject() || body.isEmpty()) {
      throw AIError.invalid("Send the new weights by variant, as in {\"a\": 3, \"b\": 1}.");
    }
    return experiments.weights(name(call), body, by(call)).compose(_ -> reports.show(name(call)));
  }

  private void csv(RoutingContext call) {
    reports
        .show(name(call))
        .onSuccess(
            experiment ->
                call.response()
                    .putHeader("content-type", ExperimentCsv.TYPE)
                    .putHeader(
                        "content-disposition",
                        "attachment; filename=\"" + experiment.path("name").asText() + ".csv\"")
                    .putHeader("cache-control", "no-store")
                    .end(ExperimentCsv.of(experiment)))
        .onFailure(e -> Problem.send(call, AIError.from(e)));
  }

  private static double share(RoutingContext call, String name, double usual) {
    try {
      return AdminApi.query(call, name).map(Double::parseDouble).orElse(usual);
    } catch (NumberFormatException _) {
      throw AIError.invalid("'" + name + "' must be a number such as 0.05.");
    }
  }

  private static String name(RoutingContext call) {
    return String.valueOf(call.pathParam("e"));
  }

  private static String variant(RoutingContext call) {
    return String.valueOf(call.pathParam("v"));
  }

  private static String by(RoutingContext call) {
    return AdminApi.admin(call).toString();
  }
}
