package dev.weir.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.resilience.BreakerStatus;
import java.util.List;
import java.util.Optional;

/** The state of the process, as the management API writes it. */
final class StatusJson {
  private StatusJson() {}

  /** A page of the functions by name; {@code after} is the last name of the page before. */
  static JsonNode functions(FunctionCatalogue catalogue, int limit, Optional<String> after) {
    var all = catalogue.all();
    var page =
        all.stream()
            .filter(f -> after.isEmpty() || f.name().compareTo(after.get()) > 0)
            .limit(limit + 1L)
            .toList();
    var json = Json.object();
    var functions = json.putArray("functions");
    page.stream().limit(limit).forEach(f -> functions.add(function(f)));
    if (page.size() > limit) {
      json.put("next", page.get(limit - 1).name());
    } else {
      json.putNull("next");
    }
    return json.put("total", all.size());
  }

  private static JsonNode function(FunctionDefinition f) {
    var json =
        Json.object()
            .put("name", f.name())
            .put("version", f.version())
            .put("description", f.description())
            .put("model", f.model())
            .put("timeout_ms", f.timeout().standard().toMillis());
    var fallbacks = json.putArray("fallbacks");
    f.fallbacks().forEach(fallbacks::add);
    return json;
  }

  static JsonNode breakers(List<BreakerStatus> states) {
    var json = Json.object();
    var breakers = json.putArray("breakers");
    for (var b : states) {
      breakers
          .addObject()
          .put("provider", b.provider())
          .put("model", b.model())
          .put("state", b.state().label())
          .put("since", b.since().toString())
          .put("failures", b.failures())
          .put("retry_after_ms", b.retryAfter().toMillis());
    }
    return json;
  }
}
