package dev.weir.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** OpenAI's chat completions, as {@link FakeProvider} sends them. */
final class ChatWire implements Dialect {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  @Override
  public Optional<Turn> refuse(JsonNode body) {
    return body.path("messages").isArray() && body.path("model").isTextual()
        ? Optional.empty()
        : Optional.of(Turn.status(400).errorCode("invalid_request_error").errorParam("messages"));
  }

  @Override
  public String whole(Turn turn, JsonNode request) {
    var body = head(request, "chat.completion");
    var choice = body.putArray("choices").addObject().put("index", 0);
    choice
        .putObject("message")
        .put("role", "assistant")
        .put("content", String.join("", turn.parts))
        .put("x_unknown_field", "kept");
    choice.put("finish_reason", turn.reason.orElse("stop"));
    if (turn.usage) {
      body.set("usage", usage(turn));
    }
    // A space that no serialiser of ours would write: it shows whether bytes are passed untouched.
    return body.toString().replaceFirst("\\{", "{ ");
  }

  @Override
  public String error(Turn turn) {
    var error = JSON.objectNode();
    error.put("message", "the fake provider says no: SECRET-UPSTREAM-TEXT");
    error.put("type", turn.status == 429 ? "requests" : "invalid_request_error");
    turn.errorParam.ifPresentOrElse(p -> error.put("param", p), () -> error.putNull("param"));
    turn.errorCode.ifPresentOrElse(c -> error.put("code", c), () -> error.putNull("code"));
    return JSON.objectNode().<ObjectNode>set("error", error).toString();
  }

  @Override
  public List<String> opening(Turn turn, JsonNode request) {
    var chunk = head(request, "chat.completion.chunk");
    var choice = chunk.putArray("choices").addObject().put("index", 0);
    choice.putObject("delta").put("role", "assistant").put("content", "");
    choice.putNull("finish_reason");
    return List.of(": hello\n\n", line(chunk));
  }

  @Override
  public String part(Turn turn, int index, String text) {
    var chunk = head(JSON.objectNode(), "chat.completion.chunk");
    var choice = chunk.putArray("choices").addObject().put("index", 0);
    choice.putObject("delta").put("content", text);
    choice.putNull("finish_reason");
    return line(chunk);
  }

  @Override
  public List<String> ending(Turn turn, JsonNode request) {
    if (turn.end.equals("error")) {
      return List.of(broken(turn));
    }
    var events = new ArrayList<String>();
    var last = head(request, "chat.completion.chunk");
    var choice = last.putArray("choices").addObject().put("index", 0);
    choice.putObject("delta");
    choice.put("finish_reason", turn.reason.orElse("stop"));
    events.add(line(last));
    if (turn.usage && request.path("stream_options").path("include_usage").asBoolean()) {
      var usage = head(request, "chat.completion.chunk");
      usage.putArray("choices");
      usage.set("usage", usage(turn));
      events.add(line(usage));
    }
    if (turn.done) {
      events.add("data: [DONE]\n\n");
    }
    return events;
  }

  @Override
  public String broken(Turn turn) {
    var event = JSON.objectNode();
    event
        .putObject("error")
        .put("message", "SECRET-UPSTREAM-TEXT")
        .put("code", turn.errorCode.orElse("server_error"));
    return line(event);
  }

  private static ObjectNode head(JsonNode request, String object) {
    return JSON.objectNode()
        .put("id", "chatcmpl-fake")
        .put("object", object)
        .put("created", 1_790_000_000)
        .put("model", request.path("model").asText("fake-model"));
  }

  private static ObjectNode usage(Turn turn) {
    var usage = JSON.objectNode();
    usage.put("prompt_tokens", turn.inputTokens).put("completion_tokens", turn.outputTokens);
    usage.put("total_tokens", turn.inputTokens + turn.outputTokens);
    usage.putObject("prompt_tokens_details").put("cached_tokens", 3);
    usage.putObject("completion_tokens_details").put("reasoning_tokens", 2);
    return usage;
  }

  private static String line(ObjectNode event) {
    return "data: " + event + "\n\n";
  }
}
