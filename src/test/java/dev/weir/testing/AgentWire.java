package dev.weir.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The Agent API's bodies and events, as {@link FakeProvider} sends them. */
final class AgentWire implements Dialect {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Set<String> ENDS = Set.of("completed", "failed", "incomplete", "cancelled");

  @Override
  public Optional<Turn> refuse(JsonNode body) {
    return AgentRules.check(body)
        .map(fault -> Turn.status(400).errorCode("invalid_request").errorParam(fault.param()));
  }

  @Override
  public String whole(Turn turn, JsonNode request) {
    return response(turn, request, turn.end, String.join("", turn.parts)).toString();
  }

  @Override
  public String error(Turn turn) {
    var error = JSON.objectNode();
    error.put("message", "the fake provider says no: SECRET-UPSTREAM-TEXT");
    error.put("type", turn.errorCode.orElseGet(() -> type(turn.status)));
    error.put("code", turn.status);
    turn.errorParam.ifPresent(param -> error.put("param", param));
    return JSON.objectNode().<ObjectNode>set("error", error).toString();
  }

  @Override
  public List<String> opening(Turn turn, JsonNode request) {
    var created = event("response.created", 0);
    created.set("response", response(turn, request, "in_progress", ""));
    var progress = event("response.in_progress", 1);
    progress.set("response", response(turn, request, "in_progress", ""));
    var strange = event("response.something_new", 2);
    strange.putArray("payload").add(1).add("two");
    return List.of(line(created), line(progress), line(strange));
  }

  @Override
  public String part(Turn turn, int index, String text) {
    var delta = event("response.output_text.delta", 3 + index);
    delta.put("item_id", "msg_1").put("output_index", 0).put("content_index", 0);
    return line(delta.put("delta", text));
  }

  @Override
  public List<String> ending(Turn turn, JsonNode request) {
    if (turn.end.equals("error")) {
      return List.of(broken(turn));
    }
    var events = new ArrayList<String>();
    var text = String.join("", turn.parts);
    events.add(line(event("response.output_text.done", 900).put("text", text)));
    var last = event("response." + turn.end, 901);
    if (ENDS.contains(turn.end)) {
      last.set("response", response(turn, request, turn.end, text));
    }
    events.add(line(last));
    return events;
  }

  @Override
  public String broken(Turn turn) {
    var error = event("error", 950);
    error.put("message", "SECRET-UPSTREAM-TEXT");
    return line(error.put("code", turn.errorCode.orElse("internal_error")));
  }

  private static ObjectNode response(Turn turn, JsonNode request, String status, String text) {
    var response = JSON.objectNode();
    response.put("id", "resp_fake").put("object", "response").put("created_at", 1_790_000_000);
    response.put("model", request.path("model").asText("perplexity/sonar")).put("status", status);
    var output = response.putArray("output");
    if (!turn.sources.isEmpty()) {
      var item = output.addObject().put("type", "search_results");
      item.putArray("queries").add("what was asked");
      var results = item.putArray("results");
      for (var url : turn.sources) {
        results
            .addObject()
            .put("id", results.size())
            .put("url", url)
            .put("title", "Title of " + url)
            .put("snippet", "Snippet of " + url)
            .put("date", "2026-11-01")
            .put("source", "web");
      }
    }
    if (!text.isEmpty()) {
      var message = output.addObject().put("type", "message").put("id", "msg_1");
      message.put("role", "assistant").put("status", "completed");
      var part = message.putArray("content").addObject();
      part.put("type", "output_text").put("text", text).putArray("annotations");
    }
    if (status.equals("incomplete")) {
      response
          .putObject("incomplete_details")
          .put("reason", turn.reason.orElse("max_output_tokens"));
    }
    if (status.equals("failed") || status.equals("cancelled")) {
      response
          .putObject("error")
          .put("message", "SECRET-UPSTREAM-TEXT")
          .put("code", turn.errorCode.orElse("internal_error"));
    } else {
      response.putNull("error");
    }
    if (turn.usage && !status.equals("in_progress")) {
      response.set("usage", usage(turn));
    }
    return response;
  }

  private static ObjectNode usage(Turn turn) {
    var usage = JSON.objectNode();
    usage.put("input_tokens", turn.inputTokens).put("output_tokens", turn.outputTokens);
    usage.put("total_tokens", turn.inputTokens + turn.outputTokens);
    usage.putObject("input_tokens_details").put("cache_read_input_tokens", 3);
    usage.putObject("tool_calls_details").putObject("search_web").put("invocation", turn.searches);
    var cost = usage.putObject("cost");
    cost.put("currency", "USD").put("input_cost", new BigDecimal("0.000011"));
    cost.put("output_cost", new BigDecimal("0.000007"));
    cost.put("tool_calls_cost", new BigDecimal("0.005"));
    cost.put("total_cost", new BigDecimal("0.005018"));
    return usage;
  }

  private static ObjectNode event(String type, int sequence) {
    return JSON.objectNode().put("type", type).put("sequence_number", sequence);
  }

  private static String line(ObjectNode event) {
    return "data: " + event + "\n\n";
  }

  private static String type(int status) {
    return switch (status) {
      case 401, 403 -> "forbidden";
      case 404 -> "not_found";
      case 413 -> "payload_too_large";
      case 429 -> "request_rate_limit_exceeded";
      case 400 -> "invalid_request";
      default -> "internal_error";
    };
  }
}
