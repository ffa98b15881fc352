package dev.weir.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Principal;
import java.time.Instant;
import java.util.List;

/** {@code /v1/models} in OpenAI's shape: the models that the key may ask for. */
final class ModelsEndpoint {
  private final Reception reception;
  private final ModelDirectory models;
  private final long since;

  /** {@code since} stands as every model's creation: clients want a time and no model has one. */
  ModelsEndpoint(Reception reception, ModelDirectory models, Instant since) {
    this.reception = reception;
    this.models = models;
    this.since = since.getEpochSecond();
  }

  /** {@code GET /v1/models}. */
  void list(Visit visit, String none) {
    visit.with(reception.identify(visit).map(this::all), body -> visit.reply(200, body));
  }

  /** {@code GET /v1/models/{id}}; an id may hold slashes. */
  void show(Visit visit, String id) {
    visit.with(
        reception.identify(visit).map(principal -> one(id, principal)),
        body -> visit.reply(200, body));
  }

  private ObjectNode all(Principal principal) {
    var list = Json.object().put("object", "list");
    var data = list.putArray("data");
    models.names().stream()
        .filter(principal::mayAsk)
        .forEach(name -> data.add(describe(name, owner(name))));
    return list;
  }

  private ObjectNode one(String id, Principal principal) {
    var route = models.route(id, List.of());
    if (!principal.mayAsk(id)) {
      throw AIError.of(
          ErrorCode.FORBIDDEN,
          "This key may not ask for this model; use a key with it in its allowed models.");
    }
    return describe(id, route.first().model().provider());
  }

  private ObjectNode describe(String id, String owner) {
    return Json.object()
        .put("id", id)
        .put("object", "model")
        .put("created", since)
        .put("owned_by", owner)
        .put("priced", models.priced(id));
  }

  private static String owner(String name) {
    return ModelRef.parse(name).map(ModelRef::provider).orElse("weir");
  }
}
