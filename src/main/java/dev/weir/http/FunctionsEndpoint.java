package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.Call;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.Origin;
import dev.weir.gateway.Principal;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.wire.FunctionRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.function.Supplier;

/** {@code /v1/functions}: the catalogue, and calls of functions. */
final class FunctionsEndpoint {
  private static final int NEAREST = 3;
  private static final int PAGE = 100;
  private static final int LARGEST_PAGE = 1000;

  private final Vertx vertx;
  private final Reception reception;
  private final Gateway gateway;
  private final Supplier<FunctionCatalogue> catalogue;
  private final ModelDirectory models;

  FunctionsEndpoint(
      Vertx vertx,
      Reception reception,
      Gateway gateway,
      Supplier<FunctionCatalogue> catalogue,
      ModelDirectory models) {
    this.models = models;
    this.vertx = vertx;
    this.reception = reception;
    this.gateway = gateway;
    this.catalogue = catalogue;
  }

  /** {@code POST /v1/functions/{name}}. */
  void call(Visit visit, String name) {
    visit.with(
        reception
            .identify(visit)
            .compose(
                principal ->
                    reception.body(visit).compose(body -> open(visit, name, body, principal))),
        x -> CallRun.run(vertx, gateway, visit, x, new FunctionCallReply(visit, x)));
  }

  private Future<Exchange> open(Visit visit, String name, JsonNode body, Principal principal) {
    var asked = FunctionRequest.decode(name, body, Reception.tags(visit));
    return reception
        .arm(visit, Reception.caching(visit, asked.options()))
        .map(options -> new Call.OfFunction(name, asked.input(), asked.stream(), options))
        .map(call -> gateway.open(visit.origin(Origin.Door.FUNCTIONS), call, principal));
  }

  /** {@code GET /v1/functions?limit=&after=}: those that the key may call, by name. */
  void list(Visit visit, String none) {
    visit.with(
        reception.identify(visit).map(principal -> page(visit, principal)),
        body -> visit.reply(200, body));
  }

  /** {@code GET /v1/functions/{name}}. */
  void show(Visit visit, String name) {
    visit.with(
        reception
            .identify(visit)
            .map(key -> envelope(visit).<ObjectNode>set("data", describe(find(name, key)))),
        body -> visit.reply(200, body));
  }

  private ObjectNode page(Visit visit, Principal principal) {
    var query = visit.request().params();
    var after = Objects.requireNonNullElse(query.get("after"), "");
    var limit = limit(Objects.requireNonNullElse(query.get("limit"), String.valueOf(PAGE)));
    var known = catalogue.get().all().stream().filter(f -> principal.mayCall(f.name())).toList();
    var shown = known.stream().filter(f -> f.name().compareTo(after) > 0).limit(limit).toList();
    var envelope = envelope(visit);
    var data = envelope.putArray("data");
    shown.forEach(function -> data.add(describe(function)));
    var meta = envelope.withObject("/meta").put("total", known.size());
    var more = !shown.isEmpty() && !shown.getLast().name().equals(known.getLast().name());
    meta.put("next", more ? shown.getLast().name() : null);
    return envelope;
  }

  private static int limit(String text) {
    try {
      var limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= LARGEST_PAGE) {
        return limit;
      }
    } catch (NumberFormatException _) {
      // Told below.
    }
    throw AIError.invalid("limit must be a whole number from 1 to " + LARGEST_PAGE + ".")
        .with("param", "limit");
  }

  private FunctionDefinition find(String name, Principal principal) {
    var functions = catalogue.get();
    return functions
        .find(name)
        .filter(function -> principal.mayCall(function.name()))
        .orElseThrow(
            () -> {
              var near =
                  functions.nearest(name, NEAREST).stream().filter(principal::mayCall).toList();
              return AIError.of(
                      ErrorCode.NOT_FOUND,
                      "There is no function of this name."
                          + (near.isEmpty() ? "" : " Did you mean " + String.join(", ", near) + "?")
                          + " GET /v1/functions lists all.")
                  .with("nearest", near);
            });
  }

  private static ObjectNode envelope(Visit visit) {
    return Json.object()
        .put("success", true)
        .set("meta", Json.object().put("request_id", visit.id().toString()));
  }

  private ObjectNode describe(FunctionDefinition function) {
    var node =
        Json.object()
            .put("name", function.name())
            .put("version", function.version())
            .put("description", function.description())
            .put("model", function.model())
            .put("priced", models.pricedFunction(function.model(), function.fallbacks()))
            .put("timeout_ms", function.timeout().standard().toMillis())
            .put("max_timeout_ms", function.timeout().max().toMillis());
    node.set("input_schema", function.input().node());
    function
        .output()
        .ifPresentOrElse(
            schema -> node.set("output_schema", schema.node()),
            () -> node.putNull("output_schema"));
    function
        .example()
        .ifPresentOrElse(example -> node.set("example", example), () -> node.putNull("example"));
    return node;
  }
}
