package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.experiments.ExperimentFile;
import dev.weir.experiments.ExperimentReports;
import dev.weir.experiments.Experiments;
import dev.weir.experiments.SizeEstimate;
import dev.weir.wire.ExperimentCsv;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Experiments by the management API; mounted behind {@link AdminApi}, which lets on admin keys
 * only.
 *
 * <pre>
 * GET    /api/experiments?limit=&amp;after=              newest first; 'next' is the 'after' of the next page
 * POST   /api/experiments                            keeps a draft
 * GET    /api/experiments/{e}                        one, with the sums and effects of its arms
 * DELETE /api/experiments/{e}                        forgets a draft
 * PUT    /api/experiments/{e}                        as a file has it, with the wished {"state"}
 * POST   /api/experiments/{e}/start|pause|resume|stop  {"reason"}, or no body
 * POST   /api/experiments/{e}/conclude               {"winner", "promote", "force", "reason"}
 * PUT    /api/experiments/{e}/weights                {"weights": {"a": 3, "b": 1}, "reason"}, or the
 *                                                    weights alone; for users who come from now on
 * POST   /api/experiments/{e}/variants/{v}/off       {"reason"}
 * POST   /api/experiments/{e}/variants/{v}/on        {"weight", "reason"}
 * GET    /api/experiments/{e}/decisions?limit=
 * GET    /api/experiments/{e}/epochs?limit=&amp;after=   newest first; the experiment itself shows the last 100
 * GET    /api/experiments/{e}/results.csv
 * GET    /api/experiments/{e}/size?effect=&amp;power=   users and days that it will need
 * </pre>
 */
public final class ExperimentsApi {
  private static final int PAGE = 100;
  private static final int LARGEST_PAGE = 1_000;

  private static final int LONGEST_REASON = 2_000;
  private static final String BY_HAND = "by an administrator";

  private final Experiments experiments;
  private final ExperimentFile file;
  private final ExperimentReports reports;
  private final SizeEstimate sizes;

  /** An API over these experiments. */
  public ExperimentsApi(Experiments experiments, ExperimentReports reports, SizeEstimate sizes) {
    this.sizes = sizes;
    this.experiments = experiments;
    this.reports = reports;
    this.file = new ExperimentFile(experiments, reports);
  }

  /** Adds the routes. */
  public void mount(Router router) {
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/experiments",
        200,
        call -> reports.list(limit(call), AdminApi.query(call, "after")));
    AdminApi.on(
        router,
        HttpMethod.POST,
        "/api/experiments",
        201,
        call -> experiments.create(AdminApi.body(call), by(call)).compose(this::show));
    AdminApi.on(router, HttpMethod.GET, "/api/experiments/:e", 200, call -> show(name(call)));
    AdminApi.on(router, HttpMethod.PUT, "/api/experiments/:e", 200, this::apply);
    AdminApi.on(
        router,
        HttpMethod.DELETE,
        "/api/experiments/:e",
        200,
        call -> experiments.delete(name(call)).map(_ -> Json.object().put("deleted", name(call))));
    change(router, "start", call -> experiments.start(name(call), reason(call), by(call)));
    change(router, "pause", call -> experiments.pause(name(call), reason(call), by(call)));
    change(router, "resume", call -> experiments.resume(name(call), reason(call), by(call)));
    change(router, "stop", call -> experiments.stop(name(call), reason(call), by(call)));
    change(router, "conclude", this::conclude);
    change(router, "variants/:v/off", this::off);
    change(router, "variants/:v/on", this::on);
    AdminApi.on(router, HttpMethod.PUT, "/api/experiments/:e/weights", 200, this::weights);
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/experiments/:e/decisions",
        200,
        call -> reports.decisions(name(call), limit(call)));
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/experiments/:e/epochs",
        200,
        call -> reports.epochs(name(call), limit(call), AdminApi.query(call, "after")));
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
        call -> work.apply(call).compose(_ -> show(name(call))));
  }

  private static int limit(RoutingContext call) {
    return AdminApi.number(call, "limit", PAGE, LARGEST_PAGE);
  }

  /** With what should be known of the experiments on its function by now. */
  private Future<JsonNode> show(String name) {
    return reports
        .show(name)
        .map(
            experiment -> {
              var json = (ObjectNode) experiment;
              json.put("passed_by", experiments.passedBy(name).orElse(null));
              var warnings = json.putArray("warnings");
              experiments.warnings(json.path("function").asText()).forEach(warnings::add);
              return json;
            });
  }

  private Future<JsonNode> apply(RoutingContext call) {
    return file.apply(name(call), AdminApi.body(call), by(call))
        .compose(
            done ->
                show(name(call))
                    .map(
                        experiment -> {
                          var did = ((ObjectNode) experiment).putArray("applied");
                          done.forEach(did::add);
                          return experiment;
                        }));
  }

  private Future<Void> conclude(RoutingContext call) {
    var fields = Fields.of(AdminApi.body(call), Set.of("winner", "promote", "force", "reason"));
    return experiments.conclude(
        name(call),
        new Experiments.Conclusion(
            fields.requiredText("winner"),
            fields.flag("promote"),
            fields.flag("force"),
            given(fields)),
        by(call));
  }

  private Future<Void> off(RoutingContext call) {
    return experiments.off(name(call), variant(call), reason(call), by(call));
  }

  private Future<Void> on(RoutingContext call) {
    var fields = Fields.of(AdminApi.body(call), Set.of("weight", "reason"));
    return experiments.on(
        name(call),
        variant(call),
        fields.above("weight", 1e-6, 1e9).orElse(1.0),
        told(fields),
        by(call));
  }

  /** Weights by variant; with a reason they stand in an object of their own. */
  private Future<JsonNode> weights(RoutingContext call) {
    var body = AdminApi.body(call);
    var reason = BY_HAND;
    if (body.path("weights").isObject()) {
      reason = told(Fields.of(body, Set.of("weights", "reason")));
      body = body.path("weights");
    }
    if (!(body instanceof ObjectNode weights) || weights.isEmpty()) {
      throw AIError.invalid(
          "Send the new weights by variant, as in {\"a\": 3, \"b\": 1} or"
              + " {\"weights\": {\"a\": 3, \"b\": 1}, \"reason\": \"why\"}.");
    }
    return experiments
        .weights(name(call), weights, reason, by(call))
        .compose(_ -> show(name(call)));
  }

  /** The reason in a body that may be left out. */
  private static String reason(RoutingContext call) {
    var bytes = call.body().buffer();
    return bytes == null || bytes.length() == 0
        ? BY_HAND
        : told(Fields.of(AdminApi.body(call), Set.of("reason")));
  }

  private static String told(Fields fields) {
    return given(fields).orElse(BY_HAND);
  }

  private static Optional<String> given(Fields fields) {
    return fields.text("reason", LONGEST_REASON).filter(r -> !r.isBlank());
  }

  private void csv(RoutingContext call) {
    show(name(call))
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
