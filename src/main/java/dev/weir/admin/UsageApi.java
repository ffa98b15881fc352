package dev.weir.admin;

import dev.weir.analytics.UsageAnalytics;
import dev.weir.analytics.UsageQuery;
import dev.weir.analytics.UsageQueryReader;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.wire.UsageCsv;
import dev.weir.wire.UsageJson;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.Map;

/**
 * {@code GET /api/usage}: everybody's usage, as JSON or CSV. Mounted behind {@link AdminApi}, which
 * lets nobody on without an admin key. Thread-safe.
 */
public final class UsageApi {
  private static final int LONGEST_EXPORT = 1_000_000;

  private final UsageAnalytics usage;

  /** An API over these answers. */
  public UsageApi(UsageAnalytics usage) {
    this.usage = usage;
  }

  /** Adds the route. */
  public void mount(Router router) {
    router.route(HttpMethod.GET, "/api/usage").handler(this::show).failureHandler(AdminApi::failed);
  }

  private void show(RoutingContext call) {
    try {
      var parameters = parameters(call);
      var query = UsageQueryReader.read(parameters, usage.now());
      if (csv(call, parameters)) {
        export(call, query.first(LONGEST_EXPORT));
      } else {
        usage
            .ofAll(query)
            .onSuccess(
                report ->
                    call.response()
                        .putHeader("content-type", "application/json")
                        .putHeader("cache-control", "no-store")
                        .end(Json.write(UsageJson.of(report))))
            .onFailure(e -> Problem.send(call, AIError.from(e)));
      }
    } catch (AIError e) {
      Problem.send(call, e);
    }
  }

  private void export(RoutingContext call, UsageQuery query) {
    var response =
        call.response()
            .setChunked(true)
            .putHeader("content-type", UsageCsv.TYPE)
            .putHeader("content-disposition", "attachment; filename=\"usage.csv\"")
            .putHeader("cache-control", "no-store");
    usage
        .streamOfAll(query, UsageCsv.head(query), UsageCsv::line, response)
        .onSuccess(_ -> response.end())
        .onFailure(
            e -> {
              if (response.headWritten()) {
                // A cut connection tells the reader that this is not all.
                call.request().connection().close();
              } else {
                response.headers().remove("content-disposition");
                Problem.send(call, AIError.from(e));
              }
            });
  }

  private static boolean csv(RoutingContext call, Map<String, String> parameters) {
    var accepted = call.request().getHeader("accept");
    return switch (parameters.getOrDefault("format", "")) {
      case "csv" -> true;
      case "json" -> false;
      case "" -> accepted != null && accepted.contains("text/csv");
      default -> throw AIError.invalid("format must be json or csv.").with("param", "format");
    };
  }

  private static Map<String, String> parameters(RoutingContext call) {
    var parameters = new HashMap<String, String>();
    for (var entry : call.queryParams()) {
      if (parameters.put(entry.getKey(), entry.getValue()) != null) {
        throw AIError.invalid(
            "A parameter stands twice; give each once (several groups as group_by=user,model).");
      }
    }
    return parameters;
  }
}
