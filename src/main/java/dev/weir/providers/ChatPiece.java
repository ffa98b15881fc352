package dev.weir.providers;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.weir.core.Usage;
import dev.weir.gateway.Answer.Finish;
import dev.weir.gateway.Source;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What matters of a chat completion or of one chunk of it, read in one pass without a tree; the
 * bytes themselves are forwarded untouched.
 */
final class ChatPiece {
  private final StringBuilder text = new StringBuilder();
  private final List<Source> sources = new ArrayList<>(0);
  private Optional<Finish> finish = Optional.empty();
  private Optional<Usage> usage = Optional.empty();
  private Optional<JsonNode> error = Optional.empty();
  private Optional<String> model = Optional.empty();
  private Optional<String> id = Optional.empty();
  private long created;
  private Map<String, JsonNode> beside = new LinkedHashMap<>(0);
  private final Map<String, JsonNode> around = new LinkedHashMap<>(0);
  private int choices;
  private boolean hasChoices;
  private boolean refused;
  private boolean calls;

  private ChatPiece() {}

  /**
   * Reads a body or the data of an event.
   *
   * @throws dev.weir.core.AIError {@code PROVIDER_ERROR} if it is no JSON object
   */
  static ChatPiece read(byte[] bytes, int from, int length) {
    var piece = new ChatPiece();
    try (var parser = UpstreamJson.mapper().createParser(bytes, from, length)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw Failures.senseless();
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        var field = parser.currentName();
        parser.nextToken();
        piece.top(field, parser);
      }
    } catch (IOException e) {
      throw Failures.senseless().causedBy(e);
    }
    return piece;
  }

  /** The text of the first choice. */
  String text() {
    return text.toString();
  }

  /** Why it stopped, if it says so. */
  Optional<Finish> finish() {
    return finish;
  }

  /** What it consumed, if it says so. */
  Optional<Usage> usage() {
    return usage;
  }

  /** The error that stands in its place. */
  Optional<JsonNode> error() {
    return error;
  }

  /** The model that answered. */
  Optional<String> model() {
    return model;
  }

  /** Its id, as the provider gave it. */
  Optional<String> id() {
    return id;
  }

  /** When it began, in Unix seconds; 0 if it does not say. */
  long created() {
    return created;
  }

  /**
   * What a piece of a stream says of its first choice beside its text, such as its reasoning; of a
   * whole completion, whose bytes say it, nothing.
   */
  Map<String, JsonNode> beside() {
    return beside;
  }

  /** What it says of the whole answer that is more than is read of it: usage and sources. */
  Map<String, JsonNode> around() {
    return around;
  }

  /** Whether it refuses in words of its own. */
  boolean refused() {
    return refused;
  }

  /** Whether it wants a tool called, whatever it says of why it stopped. */
  boolean calls() {
    return calls;
  }

  /** The pages it rests on, where a server names any. */
  List<Source> sources() {
    return sources;
  }

  /** Whether it has a list of choices at all. */
  boolean hasChoices() {
    return hasChoices;
  }

  /** Whether it carries usage and nothing else, as the chunk does that is sent on demand. */
  boolean isUsageOnly() {
    return usage.isPresent() && choices == 0;
  }

  private void top(String field, JsonParser parser) throws IOException {
    switch (field) {
      case "choices" -> {
        hasChoices = parser.currentToken() == JsonToken.START_ARRAY;
        each(parser, this::choice);
      }
      case "usage" -> usage = usage(around(field, parser));
      case "model" -> model = Optional.ofNullable(parser.getValueAsString());
      case "id" -> id = Optional.ofNullable(parser.getValueAsString());
      case "created" -> created = parser.getValueAsLong(0);
      case "error" -> error = Optional.of(tree(parser)).filter(e -> !e.isNull());
      case "search_results" -> {
        sources.clear();
        sources.addAll(AgentAnswer.results(around(field, parser)));
      }
      case "citations" -> {
        var citations = around(field, parser);
        if (sources.isEmpty()) {
          citations.forEach(c -> sources.add(new Source(c.asText(""), "", "", Optional.empty())));
        }
      }
      default -> parser.skipChildren();
    }
  }

  private JsonNode around(String field, JsonParser parser) throws IOException {
    var tree = tree(parser);
    if (tree.isContainerNode()) {
      around.put(field, tree);
    }
    return tree;
  }

  private void choice(JsonParser parser) throws IOException {
    choices++;
    var index = 0;
    var isDelta = false;
    var before = text.length();
    var stopped = finish;
    var said = new LinkedHashMap<>(beside);
    var hadRefused = refused;
    var hadCalled = calls;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var field = parser.currentName();
      var value = parser.nextToken();
      switch (field) {
        case "index" -> index = parser.getValueAsInt(0);
        case "delta" -> {
          // Perplexity's chunks say the whole message so far, too.
          text.setLength(before);
          message(parser, true);
          isDelta = true;
        }
        case "message" -> {
          if (isDelta) {
            parser.skipChildren();
          } else {
            message(parser, false);
          }
        }
        case "finish_reason" -> {
          if (value == JsonToken.VALUE_STRING) {
            finish = Optional.of(finish(parser.getText()));
          }
        }
        default -> parser.skipChildren();
      }
    }
    if (index != 0) {
      text.setLength(before);
      finish = stopped;
      beside = said;
      refused = hadRefused;
      calls = hadCalled;
    }
  }

  private void message(JsonParser parser, boolean ofStream) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return;
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var field = parser.currentName();
      var value = parser.nextToken();
      switch (field) {
        case "content" -> {
          if (value == JsonToken.VALUE_STRING) {
            text.append(parser.getText());
          } else {
            tree(parser).forEach(part -> text.append(part.path("text").asText("")));
          }
        }
        case "role" -> parser.skipChildren();
        default -> other(field, value, parser, ofStream);
      }
    }
  }

  private void other(String field, JsonToken value, JsonParser parser, boolean ofStream)
      throws IOException {
    // Some servers say an empty refusal in each piece.
    refused |=
        field.equals("refusal") && value == JsonToken.VALUE_STRING && parser.getTextLength() > 0;
    var ofCalls = field.equals("tool_calls") || field.equals("function_call");
    if (!ofStream && !ofCalls) {
      parser.skipChildren();
      return;
    }
    var tree = tree(parser);
    calls |= ofCalls && !tree.isEmpty();
    if (ofStream && !ofCalls && !tree.isNull()) {
      beside.put(field, tree);
    }
  }

  private static Finish finish(String reason) {
    return switch (reason) {
      case "length", "max_tokens" -> Finish.LENGTH;
      case "tool_calls", "function_call" -> Finish.TOOL_CALLS;
      case "content_filter" -> Finish.CONTENT_FILTER;
      default -> Finish.STOP;
    };
  }

  private static Optional<Usage> usage(JsonNode usage) {
    if (!UpstreamJson.believable(usage.path("prompt_tokens"), usage.path("completion_tokens"))) {
      return Optional.empty();
    }
    var in = usage.path("prompt_tokens_details");
    var writes = CacheWrites.tells(in) ? in : usage;
    return Optional.of(
        new Usage(
                UpstreamJson.count(usage.path("prompt_tokens")),
                UpstreamJson.count(usage.path("completion_tokens")),
                UpstreamJson.count(in.path("cached_tokens")),
                UpstreamJson.count(
                    usage.path("completion_tokens_details").path("reasoning_tokens")),
                UpstreamJson.count(usage.path("num_search_queries")),
                false)
            .writing(CacheWrites.for5m(writes), CacheWrites.for1h(writes)));
  }

  /** Reads each object of an array; anything else is skipped. */
  private static void each(JsonParser parser, Reading reading) throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      parser.skipChildren();
      return;
    }
    for (var t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
      if (t == JsonToken.START_OBJECT) {
        reading.read(parser);
      } else {
        parser.skipChildren();
      }
    }
  }

  private static JsonNode tree(JsonParser parser) throws IOException {
    JsonNode tree = UpstreamJson.mapper().readTree(parser);
    return tree == null ? JsonNodeFactory.instance.missingNode() : tree;
  }

  private interface Reading {
    void read(JsonParser parser) throws IOException;
  }
}
