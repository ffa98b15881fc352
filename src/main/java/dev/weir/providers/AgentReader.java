package dev.weir.providers;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream.Part;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Source;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads answers of the Agent API, whole or streamed. A failure may come under status 200, so the
 * response's {@code status} decides. A stream has exactly one end of five; event types that are
 * unknown are ignored, as the API asks for. One per attempt.
 */
final class AgentReader implements AnswerReader {
  private static final Buffer NO_WIRE = Buffer.buffer();

  private final Attempt attempt;
  private final Refusals refusals;
  private final List<Source> found = new ArrayList<>();

  AgentReader(Attempt attempt, Refusals refusals) {
    this.attempt = attempt;
    this.refusals = refusals;
  }

  @Override
  public Answer whole(Buffer body) {
    var response = UpstreamJson.object(body);
    AgentAnswer.usage(response).ifPresent(attempt::report);
    var status = response.path("status").asText("");
    return switch (status) {
      case "completed", "incomplete" ->
          AgentAnswer.of(
              response, AgentAnswer.text(response), AgentAnswer.sources(response), asked());
      case "failed", "cancelled" -> throw refusals.within(response.path("error"));
      case "queued", "in_progress", "requires_action" ->
          throw AIError.of(
                  ErrorCode.PROVIDER_ERROR, "The provider answered before its answer was complete.")
              .with("upstream_code", status);
      default ->
          throw response.path("error").isObject()
              ? refusals.within(response.path("error"))
              : Failures.senseless();
    };
  }

  @Override
  public void event(SseEvent sse, LiveStream out) {
    if (sse.is("[DONE]")) {
      // Not of this protocol; a proxy in between may add it after the end.
      return;
    }
    var event = read(sse);
    switch (event.type()) {
      case "response.output_text.delta" -> {
        if (!event.delta().isEmpty()) {
          out.part(new Part(event.delta(), NO_WIRE));
        }
      }
      case "response.output_item.done" -> {
        if (event.tree().path("type").asText("").equals("search_results")) {
          found.addAll(AgentAnswer.results(event.tree().path("results")));
        }
      }
      case "response.completed", "response.incomplete" -> complete(event.tree(), out);
      case "response.failed", "response.cancelled" -> {
        AgentAnswer.usage(event.tree()).ifPresent(attempt::report);
        out.fail(refusals.within(event.error(event.tree().path("error"))));
      }
      case "error" -> out.fail(refusals.within(event.error(event.tree())));
      default -> {}
    }
  }

  private void complete(JsonNode response, LiveStream out) {
    AgentAnswer.usage(response).ifPresent(attempt::report);
    var whole = AgentAnswer.text(response);
    if (whole.length() > out.text().length() && whole.startsWith(out.text())) {
      out.part(new Part(whole.substring(out.text().length()), NO_WIRE));
    }
    var sources = AgentAnswer.sources(response);
    out.end(AgentAnswer.of(response, out.text(), sources.isEmpty() ? found : sources, asked()));
  }

  private String asked() {
    return attempt.target().model().toString();
  }

  /**
   * What matters of an event.
   *
   * @param type its type
   * @param delta the text that it adds
   * @param tree its {@code response} or {@code item}
   * @param named its {@code error}, or all of a bare error event
   */
  private record Event(String type, String delta, JsonNode tree, JsonNode named) {
    JsonNode error(JsonNode otherwise) {
      return named.isMissingNode() ? otherwise : named;
    }
  }

  /** Reads an event field by field; of those that are not needed no tree is built. */
  private static Event read(SseEvent sse) {
    var type = "";
    var delta = "";
    JsonNode tree = JsonNodeFactory.instance.missingNode();
    JsonNode named = JsonNodeFactory.instance.missingNode();
    var plain = JsonNodeFactory.instance.objectNode();
    try (var parser = UpstreamJson.mapper().createParser(sse.bytes(), sse.from(), sse.length())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw Failures.senseless();
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        var field = parser.currentName();
        var value = parser.nextToken();
        switch (field) {
          case "type" -> type = parser.getValueAsString("");
          case "delta" -> delta = value == JsonToken.VALUE_STRING ? parser.getText() : skip(parser);
          case "response", "item" -> tree = tree(parser);
          case "error" -> named = tree(parser);
          case "message", "code", "param" -> plain.set(field, tree(parser));
          default -> parser.skipChildren();
        }
      }
    } catch (IOException e) {
      throw Failures.senseless().causedBy(e);
    }
    return new Event(
        type, delta, type.equals("error") && tree.isMissingNode() ? plain : tree, named);
  }

  private static String skip(JsonParser parser) throws IOException {
    parser.skipChildren();
    return "";
  }

  private static JsonNode tree(JsonParser parser) throws IOException {
    JsonNode tree = UpstreamJson.mapper().readTree(parser);
    return tree == null ? JsonNodeFactory.instance.missingNode() : tree;
  }
}
