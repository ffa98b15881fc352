package dev.weir.resilience;

import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * One change of a breaker's state.
 *
 * @param provider the provider that it guards
 * @param model the model, or {@code *} for the breaker that a provider's surplus models share
 * @param from the state that it left
 * @param to the state that it is in now
 * @param at when
 * @param reason why, in a few words
 */
public record BreakerChange(
    String provider, String model, BreakerState from, BreakerState to, Instant at, String reason) {

  /** As it is published on the event bus. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("provider", provider)
        .put("model", model)
        .put("from", from.label())
        .put("to", to.label())
        .put("at", at.toString())
        .put("reason", reason);
  }
}
