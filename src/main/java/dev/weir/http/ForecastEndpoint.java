package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import io.vertx.core.Future;
import java.util.function.Function;

/** {@code GET /v1/usage/forecast}: the caller's own month as it is foreseen. */
final class ForecastEndpoint {
  private final Reception reception;
  private final Function<String, Future<JsonNode>> forecast;

  ForecastEndpoint(Reception reception, Function<String, Future<JsonNode>> forecast) {
    this.reception = reception;
    this.forecast = forecast;
  }

  void show(Visit visit, String none) {
    visit.with(
        reception.identify(visit).compose(principal -> forecast.apply(principal.user())),
        body -> visit.reply(200, Json.object().put("success", true).set("data", body)));
  }
}
