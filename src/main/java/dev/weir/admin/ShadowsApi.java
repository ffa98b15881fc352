package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.evaluation.Shadows;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.math.BigDecimal;
import java.util.Set;

/**
 * Shadow runs by the management API; mounted behind {@link AdminApi}, which lets on admin keys
 * only.
 *
 * <pre>
 * GET    /api/shadows               all, newest first
 * POST   /api/shadows               starts one: {"name", "function", "version", "share", "days",
 *                                   "usd_per_month"}
 * GET    /api/shadows/{s}           one, with all that it has shown
 * POST   /api/shadows/{s}/stop
 * DELETE /api/shadows/{s}           forgets one that has stopped, with its pairs
 * </pre>
 */
public final class ShadowsApi {
  private static final Set<String> FIELDS =
      Set.of("name", "function", "version", "share", "days", "usd_per_month");
  private static final int DAYS = 30;
  private static final int MOST_DAYS = 90;
  private static final BigDecimal MOST_USD = new BigDecimal("1000000000");

  private final Shadows shadows;

  /** An API over these runs. */
  public ShadowsApi(Shadows shadows) {
    this.shadows = shadows;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    AdminApi.on(router, HttpMethod.GET, "/api/shadows", 200, _ -> shadows.list());
    AdminApi.on(router, HttpMethod.POST, "/api/shadows", 201, this::start);
    AdminApi.on(router, HttpMethod.GET, "/api/shadows/:s", 200, call -> shadows.show(name(call)));
    AdminApi.on(
        router, HttpMethod.POST, "/api/shadows/:s/stop", 200, call -> shadows.stop(name(call)));
    AdminApi.on(
        router,
        HttpMethod.DELETE,
        "/api/shadows/:s",
        200,
        call -> shadows.delete(name(call)).map(_ -> Json.object().put("deleted", name(call))));
  }

  private Future<JsonNode> start(RoutingContext call) {
    var body = AdminApi.body(call);
    var fields = Fields.of(body, FIELDS);
    var name = fields.requiredText("name");
    if (!name.matches("[a-z][a-z0-9-]{0,62}")) {
      throw AIError.invalid(
          "'name' must begin with a letter and have at most 63 of a-z, 0-9 and -.");
    }
    var days = fields.count("days").orElse(DAYS);
    if (days < 1 || days > MOST_DAYS) {
      throw AIError.invalid("'days' must be a number from 1 to " + MOST_DAYS + ".");
    }
    return shadows.start(
        new Shadows.Wish(
            name,
            fields.requiredText("function"),
            fields.requiredText("version"),
            amount(body, "share", BigDecimal.ONE),
            days,
            amount(body, "usd_per_month", MOST_USD)),
        AdminApi.admin(call).toString());
  }

  private static BigDecimal amount(JsonNode body, String field, BigDecimal most) {
    var value = body.path(field);
    if (!value.isNumber()
        || value.decimalValue().signum() <= 0
        || value.decimalValue().compareTo(most) > 0) {
      throw AIError.invalid(
          "'" + field + "' must be a number above 0 and at most " + most.toPlainString() + ".");
    }
    return value.decimalValue();
  }

  private static String name(RoutingContext call) {
    return String.valueOf(call.pathParam("s"));
  }
}
