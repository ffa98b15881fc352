package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.repricing.Order;
import dev.weir.repricing.Repricer;
import dev.weir.repricing.Repricing;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Re-pricing by the management API; mounted behind {@link AdminApi}, which lets on admin keys only.
 *
 * <pre>
 * POST /api/usage/reprice        {"from": "2026-11-01", "to": "2026-12-01", "model": null, "dry_run": false}
 * GET  /api/usage/reprice        the newest ones
 * GET  /api/usage/reprice/{id}   how far one is
 * </pre>
 *
 * {@code from} and {@code to} are days (00:00 UTC) or moments; {@code to} is not part of the span.
 */
public final class RepriceApi {
  private static final Set<String> FIELDS = Set.of("from", "to", "model", "dry_run");

  /** One that has not come on for so long is worked on by nobody. */
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private final Repricer repricer;
  private final Clock clock;

  /** An API over this re-pricer. */
  public RepriceApi(Repricer repricer, Clock clock) {
    this.repricer = repricer;
    this.clock = clock;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    AdminApi.on(router, HttpMethod.POST, "/api/usage/reprice", 202, this::start);
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/usage/reprice",
        200,
        _ -> repricer.newest().map(all -> list(all)));
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/usage/reprice/:id",
        200,
        call -> repricer.find(id(call)).map(this::json));
  }

  private Future<JsonNode> start(RoutingContext call) {
    var body = AdminApi.body(call);
    var fields = Fields.of(body, FIELDS);
    var order =
        new Order(
            moment("from", fields.requiredText("from")),
            moment("to", fields.requiredText("to")),
            fields.text("model"),
            flag(body.path("dry_run")));
    return repricer.start(order, AdminApi.admin(call)).map(this::json);
  }

  private static boolean flag(JsonNode node) {
    if (node.isMissingNode() || node.isNull() || node.isBoolean()) {
      return node.asBoolean();
    }
    throw AIError.invalid("'dry_run' must be true or false.");
  }

  private static Instant moment(String name, String text) {
    try {
      return text.length() == "2026-01-31".length()
          ? LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC)
          : Instant.parse(text);
    } catch (DateTimeException _) {
      throw AIError.invalid(
          "'"
              + name
              + "' must be a day such as 2026-01-31 or a moment such as"
              + " 2026-01-31T12:00:00Z.");
    }
  }

  private static UUID id(RoutingContext call) {
    try {
      return UUID.fromString(String.valueOf(call.pathParam("id")));
    } catch (IllegalArgumentException _) {
      throw AIError.invalid("A re-pricing's id is a UUID; GET /api/usage/reprice lists them.");
    }
  }

  private ObjectNode list(Iterable<Repricing> all) {
    var json = Json.object();
    var list = json.putArray("repricings");
    all.forEach(so -> list.add(json(so)));
    return json;
  }

  private ObjectNode json(Repricing so) {
    var order = so.order();
    var json =
        Json.object()
            .put("id", so.id().toString())
            .put("status", status(so))
            .put("from", order.from().toString())
            .put("to", order.to().toString())
            .put("model", order.model().orElse(null))
            .put("dry_run", order.dryRun())
            .put("asked_by", so.askedBy().toString())
            .put("began_at", so.beganAt().toString())
            .put("ended_at", so.endedAt().map(Instant::toString).orElse(null))
            .put("rows_expected", so.expected())
            .put("rows_read", so.read())
            .put("rows_changed", so.changed())
            .put("rows_unpriced", so.unpriced())
            .put("rows_kept", so.kept())
            .put("old_usd", so.oldCost().dollars())
            .put("new_usd", so.newCost().dollars());
    var models = json.putArray("models");
    so.models().entrySet().stream()
        .sorted(Map.Entry.comparingByKey(Comparator.naturalOrder()))
        .forEach(
            entry -> {
              var sums = entry.getValue();
              models
                  .addObject()
                  .put("model", entry.getKey())
                  .put("rows", sums.rows())
                  .put("changed", sums.changed())
                  .put("unpriced", sums.unpriced())
                  .put("old_usd", sums.oldCost().dollars())
                  .put("new_usd", sums.newCost().dollars());
            });
    return json;
  }

  private String status(Repricing so) {
    return Optional.of(so)
        .filter(s -> s.endedAt().isEmpty())
        .map(s -> clock.now().isAfter(s.movedAt().plus(SILENCE)) ? "stopped" : "running")
        .orElse("done");
  }
}
