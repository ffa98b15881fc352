package dev.weir.providers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Message;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Target;
import dev.weir.prompts.Search;
import java.util.stream.Collectors;

/**
 * A request of the Agent API. That API refuses any field it does not know, at any depth, so nothing
 * is set here that is not mapped by name.
 */
final class AgentRequest {
  /** The least output cap that the API accepts. */
  static final int MIN_OUTPUT_TOKENS = 16;

  /**
   * The model of a route that leaves the choice to its preset; every other one is pinned, since a
   * preset alone may be served by another vendor's model.
   */
  private static final String PRESETS_OWN = "auto";

  private static final String VENDOR = "perplexity/";

  private AgentRequest() {}

  /** The request for a function's prompt. */
  static ObjectNode of(Ask.Prompted ask, Target target) {
    var function = ask.function();
    var parameters = function.parameters();
    var body = begin(target, ask.stream(), parameters.maxOutputTokens());
    putMessages(body, ask, target);
    parameters.temperature().ifPresent(t -> body.put("temperature", t));
    parameters.topP().ifPresent(p -> body.put("top_p", p));
    parameters.reasoningEffort().ifPresent(e -> body.putObject("reasoning").put("effort", e));
    function
        .output()
        .ifPresent(
            schema -> {
              var format = body.putObject("response_format").put("type", "json_schema");
              var named = format.putObject("json_schema").put("name", schemaName(function.name()));
              named.set("schema", schema.node());
            });
    if (function.search().on() || target.search()) {
      putSearch(body, function.search());
    }
    return body;
  }

  /** The fields that every request has. */
  static ObjectNode begin(Target target, boolean stream, long maxOutputTokens) {
    var body = Json.object();
    target.preset().ifPresent(preset -> body.put("preset", preset));
    if (target.preset().isEmpty() || !target.model().name().equals(PRESETS_OWN)) {
      body.put("model", slug(target.model()));
    }
    body.put("max_output_tokens", Math.max(MIN_OUTPUT_TOKENS, maxOutputTokens));
    body.put("stream", stream);
    return body;
  }

  /** Forces a web search; returns the tool, for more settings. */
  static ObjectNode forceSearch(ObjectNode body) {
    var tool = body.putArray("tools").addObject().put("type", "web_search");
    body.putObject("tool_choice").put("type", "web_search");
    return tool;
  }

  /** A name of a schema as providers accept it. */
  static String schemaName(String function) {
    var name = function.replaceAll("[^A-Za-z0-9_-]", "_");
    return name.isEmpty() ? "answer" : name.substring(0, Math.min(64, name.length()));
  }

  /** Adds a message to the array {@code input}. */
  static ObjectNode message(ObjectNode body, String role) {
    return body.withArray("input").addObject().put("type", "message").put("role", role);
  }

  /**
   * System messages become {@code instructions}, except under a preset, whose own prompt those
   * would replace: there they stay messages.
   */
  private static void putMessages(ObjectNode body, Ask.Prompted ask, Target target) {
    var apart = target.preset().isEmpty();
    var instructions =
        ask.messages().stream()
            .filter(m -> apart && m.role() == Message.Role.SYSTEM)
            .map(Message::text)
            .collect(Collectors.joining("\n\n"));
    if (!instructions.isEmpty()) {
      body.put("instructions", instructions);
    }
    ask.messages().stream()
        .filter(m -> !apart || m.role() != Message.Role.SYSTEM)
        .forEach(m -> message(body, m.role().label()).put("content", m.text()));
  }

  private static void putSearch(ObjectNode body, Search search) {
    var tool = forceSearch(body);
    search.contextSize().ifPresent(size -> tool.put("search_context_size", size));
    if (!search.domains().isEmpty()) {
      var domains = tool.withObject("/filters").putArray("search_domain_filter");
      search.domains().forEach(domains::add);
    }
    search.recency().ifPresent(r -> tool.withObject("/filters").put("search_recency_filter", r));
  }

  /** Models of other vendors are named with their vendor already. */
  private static String slug(ModelRef model) {
    return model.name().contains("/") ? model.name() : VENDOR + model.name();
  }
}
