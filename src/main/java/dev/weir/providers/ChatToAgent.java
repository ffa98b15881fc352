package dev.weir.providers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Tally;
import dev.weir.gateway.Target;
import dev.weir.prompts.Parameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Translates a chat completion, as callers of the Sonar models still send it, into a request of the
 * Agent API. Every field is in one of the groups below: carried over, moved into the search tool,
 * meaningless here and left out silently, or gone. What cannot be left out without changing the
 * meaning of the call (tools of the caller's own, several choices) is refused.
 */
final class ChatToAgent {
  /** Same name, same meaning. */
  private static final Set<String> CARRIED =
      Set.of("temperature", "top_p", "language_preference", "metadata");

  /** Handled one by one below. */
  private static final Set<String> MAPPED =
      Set.of(
          "model",
          "messages",
          "stream",
          "stream_options",
          "max_tokens",
          "max_completion_tokens",
          "reasoning_effort",
          "response_format",
          "disable_search",
          "web_search_options",
          "num_search_results");

  /** The search filters, which now stand in the tool. */
  private static final Set<String> FILTERS =
      Set.of(
          "search_domain_filter",
          "search_recency_filter",
          "search_after_date_filter",
          "search_before_date_filter",
          "last_updated_after_filter",
          "last_updated_before_filter");

  /** Says something about the call, not about the answer. */
  private static final Set<String> HARMLESS = Set.of("user", "store", "service_tier");

  /** Values that ask for nothing, whatever the field. */
  private static final Set<String> NOTHING = Set.of("false", "0", "0.0", "[]", "{}", "\"\"");

  private static final Set<String> REFUSED =
      Set.of("tools", "functions", "function_call", "tool_choice", "audio");

  /** What callers say who want no tool. */
  private static final Set<String> NO_TOOL = Set.of("none", "auto");

  private final GoneFields gone;

  ChatToAgent(GoneFields gone) {
    this.gone = gone;
  }

  /**
   * The request of the Agent API for this ask.
   *
   * @throws AIError {@code INVALID_REQUEST} that names the field
   */
  ObjectNode translate(Ask.Chat ask, Target target, Tally tally) {
    var from = ask.body();
    var body = AgentRequest.begin(target, ask.stream(), cap(from));
    ChatMessages.translate(from.path("messages"), body, target);
    for (var name : CARRIED) {
      if (present(from, name)) {
        body.set(name, from.get(name));
      }
    }
    if (present(from, "reasoning_effort")) {
      body.putObject("reasoning").set("effort", from.get("reasoning_effort"));
    }
    var left = new ArrayList<String>();
    format(from.path("response_format"), body, left);
    if (target.search() && !from.path("disable_search").asBoolean(false)) {
      search(from, AgentRequest.forceSearch(body), left);
    } else {
      FILTERS.stream().filter(name -> present(from, name)).forEach(left::add);
    }
    leftOver(from, left);
    account(left, tally);
    return body;
  }

  private static long cap(ObjectNode from) {
    for (var name : List.of("max_completion_tokens", "max_tokens")) {
      if (present(from, name)) {
        var value = from.get(name);
        if (!value.canConvertToLong() || !value.isIntegralNumber() || value.longValue() < 1) {
          throw AIError.invalid("'" + name + "' must be a whole number from 1.");
        }
        return value.longValue();
      }
    }
    return Parameters.DEFAULT_MAX_OUTPUT_TOKENS;
  }

  private static void search(ObjectNode from, ObjectNode tool, List<String> left) {
    for (var name : FILTERS) {
      if (present(from, name) && !isEmpty(from.get(name))) {
        tool.withObject("/filters").set(name, from.get(name));
      }
    }
    if (present(from, "num_search_results")) {
      tool.set("max_results", from.get("num_search_results"));
    }
    var options = from.path("web_search_options");
    for (var option : options.properties()) {
      switch (option.getKey()) {
        case "search_context_size" -> tool.set("search_context_size", option.getValue());
        case "user_location" -> tool.set("user_location", location(option.getValue()));
        default -> left.add("web_search_options." + option.getKey());
      }
    }
  }

  /** OpenAI nests the place as {@code approximate}; the Agent API does not. */
  private static ObjectNode location(JsonNode given) {
    var place = dev.weir.core.Json.object();
    var source = given.path("approximate").isObject() ? given.path("approximate") : given;
    for (var name : List.of("latitude", "longitude", "country", "region", "city")) {
      if (source.hasNonNull(name)) {
        place.set(name, source.get(name));
      }
    }
    return place;
  }

  private static void leftOver(ObjectNode from, List<String> left) {
    for (var field : from.properties()) {
      var name = field.getKey();
      var value = field.getValue();
      if (CARRIED.contains(name)
          || MAPPED.contains(name)
          || FILTERS.contains(name)
          || HARMLESS.contains(name)
          || value.isNull()
          || NOTHING.contains(value.toString())) {
        continue;
      }
      if (name.equals("n")) {
        if (value.asInt(0) != 1) {
          throw AIError.invalid(
              "'n' must be 1: this provider gives one choice; ask several times.");
        }
      } else if (REFUSED.contains(name) && !NO_TOOL.contains(value.asText(""))) {
        throw AIError.invalid(
            "'"
                + name
                + "' is not supported by this model here; ask a model of a provider that speaks"
                + " chat completions.");
      } else if (!REFUSED.contains(name)
          && !(name.equals("search_mode") && value.asText("").equals("web"))) {
        left.add(name);
      }
    }
  }

  private void account(List<String> left, Tally tally) {
    if (left.isEmpty()) {
      return;
    }
    var names = left.stream().map(ChatToAgent::printable).distinct().sorted().toList();
    if (gone == GoneFields.REFUSE) {
      throw AIError.invalid(
          "'" + names.getFirst() + "' is no longer supported by this provider; remove it.");
    }
    var warning = "left out, as this provider no longer has it: " + String.join(", ", names);
    if (!tally.warnings().contains(warning)) {
      tally.warn(warning);
    }
  }

  /** Names come from the caller and go into a header. */
  private static String printable(String name) {
    return name.matches("[A-Za-z0-9_.-]{1,64}") ? name : "an unknown field";
  }

  /** Of the formats only the schema exists there; what names none is plain text. */
  private static void format(JsonNode given, ObjectNode body, List<String> left) {
    if (given.path("type").asText("").equals("json_schema")) {
      var schema = given.path("json_schema");
      var format = body.putObject("response_format").put("type", "json_schema");
      var named = format.putObject("json_schema");
      named.put("name", AgentRequest.schemaName(schema.path("name").asText("")));
      for (var field : List.of("schema", "description", "strict")) {
        if (schema.hasNonNull(field)) {
          named.set(field, schema.get(field));
        }
      }
    } else if (given.isObject() && !given.path("type").asText("").equals("text")) {
      left.add("response_format");
    }
  }

  private static boolean present(JsonNode node, String name) {
    return node.hasNonNull(name);
  }

  private static boolean isEmpty(JsonNode node) {
    return NOTHING.contains(node.toString());
  }
}
