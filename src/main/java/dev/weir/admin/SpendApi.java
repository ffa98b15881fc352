package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.alerts.AlertStore;
import dev.weir.core.AIError;
import dev.weir.forecast.By;
import dev.weir.forecast.ForecastService;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.Set;

/**
 * What the management API tells of spend to come and of spend gone wrong. Mounted after {@link
 * AdminApi}, which lets only administrators pass.
 *
 * <pre>
 * GET /api/forecast?by=user|function|total&amp;id=   the month's end as it is foreseen
 * GET /api/alerts?state=firing|resolved&amp;limit=    alerts, newest first
 * </pre>
 */
public final class SpendApi {
  private static final int DEFAULT_ALERTS = 100;
  private static final int MAX_ALERTS = 1_000;
  private static final int LONGEST_ID = 255;
  private static final Set<String> STATES = Set.of("firing", "resolved");

  private final ForecastService forecasts;
  private final AlertStore alerts;

  /** An API over these. */
  public SpendApi(ForecastService forecasts, AlertStore alerts) {
    this.forecasts = forecasts;
    this.alerts = alerts;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    AdminApi.on(router, HttpMethod.GET, "/api/forecast", 200, this::forecast);
    AdminApi.on(router, HttpMethod.GET, "/api/alerts", 200, this::alerts);
  }

  private Future<JsonNode> forecast(RoutingContext call) {
    var by =
        By.of(AdminApi.query(call, "by").orElse("total"))
            .orElseThrow(() -> AIError.invalid("'by' must be user, function or total."));
    var id = AdminApi.query(call, "id").orElse("");
    if (by != By.TOTAL && (id.isEmpty() || id.length() > LONGEST_ID || id.indexOf('\0') >= 0)) {
      throw AIError.invalid("'id' must name the " + by.label() + ".");
    }
    return forecasts.of(by, id);
  }

  private Future<JsonNode> alerts(RoutingContext call) {
    Optional<String> state = AdminApi.query(call, "state");
    if (state.isPresent() && !STATES.contains(state.get())) {
      throw AIError.invalid("'state' must be firing or resolved.");
    }
    return alerts.list(state, AdminApi.number(call, "limit", DEFAULT_ALERTS, MAX_ALERTS));
  }
}
