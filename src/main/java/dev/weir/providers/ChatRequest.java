package dev.weir.providers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.config.ProviderSettings;
import dev.weir.core.Json;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Tally;
import dev.weir.gateway.Target;
import dev.weir.prompts.Parameters;

/**
 * Requests of chat completions.
 *
 * @param cap the field that caps the output: OpenAI's newer models refuse {@code max_tokens}, most
 *     other servers know nothing else
 */
record ChatRequest(String cap) {
  private static final String OLD_CAP = "max_tokens";
  private static final String NEW_CAP = "max_completion_tokens";

  /** Requests as this provider wants them. */
  static ChatRequest to(ProviderSettings settings) {
    var host = String.valueOf(settings.baseUrl().getHost());
    var isOpenAi = settings.name().equals("openai") || host.endsWith(".openai.com");
    return new ChatRequest(isOpenAi ? NEW_CAP : OLD_CAP);
  }

  /** The request for a function's prompt. */
  ObjectNode of(Ask.Prompted ask, Target target, Tally tally) {
    var function = ask.function();
    var parameters = function.parameters();
    var body = Json.object().put("model", target.model().name());
    var messages = body.putArray("messages");
    ask.messages()
        .forEach(m -> messages.addObject().put("role", m.role().label()).put("content", m.text()));
    body.put(cap, parameters.maxOutputTokens());
    parameters.temperature().ifPresent(t -> body.put("temperature", t));
    parameters.topP().ifPresent(p -> body.put("top_p", p));
    parameters.reasoningEffort().ifPresent(e -> body.put("reasoning_effort", e));
    function
        .output()
        .ifPresent(
            schema -> {
              var format = body.putObject("response_format").put("type", "json_schema");
              var named = format.putObject("json_schema");
              named.put("name", AgentRequest.schemaName(function.name()));
              named.set("schema", schema.node());
            });
    if (ask.stream()) {
      body.put("stream", true);
      body.putObject("stream_options").put("include_usage", true);
    }
    if (function.search().on() || target.search()) {
      note(tally, "answered without a web search, which this provider does not offer here");
    }
    return body;
  }

  /** The request of a caller: its own body, with the model's name, a cap, and usage asked for. */
  ObjectNode of(Ask.Chat ask, Target target) {
    var body = Json.object();
    body.setAll(ask.body());
    body.put("model", target.model().name());
    if (!body.hasNonNull(OLD_CAP) && !body.hasNonNull(NEW_CAP)) {
      body.put(cap, Parameters.DEFAULT_MAX_OUTPUT_TOKENS);
    }
    if (ask.stream()) {
      body.put("stream", true);
      var options = Json.object();
      if (body.path("stream_options") instanceof ObjectNode given) {
        options.setAll(given);
      }
      body.set("stream_options", options.put("include_usage", true));
    } else {
      body.remove("stream");
      body.remove("stream_options");
    }
    return body;
  }

  /** Whether the caller itself asked for the usage at the end of the stream. */
  static boolean asksForUsage(Ask ask) {
    return ask instanceof Ask.Chat chat
        && chat.body().path("stream_options").path("include_usage").asBoolean(false);
  }

  private static void note(Tally tally, String warning) {
    if (!tally.warnings().contains(warning)) {
      tally.warn(warning);
    }
  }
}
