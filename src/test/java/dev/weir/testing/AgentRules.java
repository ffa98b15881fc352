package dev.weir.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the Agent API accepts: like the real one, it refuses any field that it does not know, at any
 * depth.
 */
final class AgentRules {
  private static final Set<String> TOP =
      Set.of(
          "input",
          "instructions",
          "model",
          "models",
          "preset",
          "max_output_tokens",
          "temperature",
          "top_p",
          "stream",
          "stream_options",
          "reasoning",
          "response_format",
          "tools",
          "tool_choice",
          "parallel_tool_calls",
          "max_steps",
          "max_tool_calls",
          "metadata",
          "store",
          "background",
          "truncation",
          "previous_response_id",
          "language_preference");
  private static final Set<String> FILTERS =
      Set.of(
          "search_domain_filter",
          "search_recency_filter",
          "search_after_date_filter",
          "search_before_date_filter",
          "last_updated_after_filter",
          "last_updated_before_filter");
  private static final Map<String, Set<String>> NESTED =
      Map.of(
          "$.reasoning", Set.of("effort"),
          "$.stream_options", Set.of("include_usage"),
          "$.response_format", Set.of("type", "json_schema"),
          "$.response_format.json_schema", Set.of("name", "schema", "description", "strict"),
          "$.tool_choice", Set.of("type", "name"),
          "$.input[]", Set.of("type", "role", "content"),
          "$.input[].content[]", Set.of("type", "text", "image_url"),
          "$.tools[]",
              Set.of("type", "filters", "search_context_size", "user_location", "max_results"),
          "$.tools[].filters", FILTERS,
          "$.tools[].user_location", Set.of("latitude", "longitude", "country", "region", "city"));
  private static final Set<String> FREE =
      Set.of("$.metadata", "$.response_format.json_schema.schema");

  private AgentRules() {}

  /** A refusal: the field at fault and why. */
  record Fault(String param, String why) {}

  static Optional<Fault> check(JsonNode body) {
    return unknown("$", body).or(() -> values(body));
  }

  private static Optional<Fault> unknown(String path, JsonNode node) {
    if (FREE.contains(path)) {
      return Optional.empty();
    }
    if (node.isArray()) {
      for (var item : node) {
        var fault = unknown(path + "[]", item);
        if (fault.isPresent()) {
          return fault;
        }
      }
    }
    if (node.isObject()) {
      var known = path.equals("$") ? TOP : NESTED.getOrDefault(path, Set.of());
      for (var field : node.properties()) {
        if (!known.contains(field.getKey())) {
          return Optional.of(
              new Fault(
                  field.getKey(),
                  "invalid request body: json: unknown field \"" + field.getKey() + "\""));
        }
        var fault = unknown(path + "." + field.getKey(), field.getValue());
        if (fault.isPresent()) {
          return fault;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Fault> values(JsonNode body) {
    if (!body.isObject()) {
      return Optional.of(new Fault("", "invalid request body"));
    }
    if (!body.has("model") && !body.has("models") && !body.has("preset")) {
      return Optional.of(new Fault("model", "model, models or preset is required"));
    }
    var model = body.path("model").asText("");
    if (body.has("model") && !model.contains("/") || model.equals("perplexity/sonar-pro")) {
      return Optional.of(new Fault("model", "invalid model"));
    }
    var input = body.path("input");
    if (!(input.isTextual() || input.isArray() && !input.isEmpty())) {
      return Optional.of(new Fault("input", "input is required"));
    }
    for (var item : input) {
      if (!Set.of("user", "assistant", "system", "developer")
          .contains(item.path("role").asText(""))) {
        return Optional.of(new Fault("input", "unknown role"));
      }
    }
    if (model.startsWith("anthropic/") && !body.has("max_output_tokens")) {
      return Optional.of(new Fault("max_output_tokens", "max_output_tokens is required"));
    }
    if (body.has("max_output_tokens") && body.get("max_output_tokens").asLong(0) < 16) {
      return Optional.of(new Fault("max_output_tokens", "must be at least 16"));
    }
    return Optional.empty();
  }
}
