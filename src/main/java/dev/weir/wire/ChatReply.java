package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Source;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Writes answers in the shape of OpenAI's chat completions, with {@code citations} and {@code
 * search_results} beside it where there are sources, as callers of Perplexity's models know them.
 *
 * @param id the completion's id
 * @param created when it began, in Unix seconds
 * @param model the model as the caller named it
 * @param usageWanted whether a stream reports usage; then every chunk but the last says null
 */
public record ChatReply(String id, long created, String model, boolean usageWanted) {
  /** The id of a completion, after the call's own. */
  public static String id(UUID requestId) {
    return "chatcmpl-" + requestId;
  }

  /** The whole completion. */
  public ObjectNode completion(Answer answer) {
    var completion = head("chat.completion");
    var choice = completion.putArray("choices").addObject().put("index", 0);
    choice.putObject("message").put("role", "assistant").put("content", answer.text());
    choice.put("finish_reason", answer.finish().label()).putNull("logprobs");
    completion.set("usage", usageOf(answer.usage()));
    return withSources(completion, answer.sources());
  }

  /** One chunk of a stream with this delta. */
  public ObjectNode chunk(ObjectNode delta) {
    var chunk = head("chat.completion.chunk");
    chunk
        .putArray("choices")
        .addObject()
        .put("index", 0)
        .<ObjectNode>set("delta", delta)
        .putNull("finish_reason");
    return usageWanted ? chunk.putNull("usage") : chunk;
  }

  /** The chunk that tells why it stopped, with the sources. */
  public ObjectNode finish(Answer answer) {
    var chunk = chunk(Json.object());
    ((ObjectNode) chunk.withArray("choices").get(0)).put("finish_reason", answer.finish().label());
    return withSources(chunk, answer.sources());
  }

  /** The last chunk of a caller who asked for usage: no choices. */
  public ObjectNode usage(Answer answer) {
    var chunk = head("chat.completion.chunk");
    chunk.putArray("choices");
    return chunk.set("usage", usageOf(answer.usage()));
  }

  /** The assistant's message in a whole completion as a provider wrote it. */
  public static Optional<ObjectNode> message(Buffer completion) {
    return parsed(completion)
        .map(tree -> tree.path("choices").path(0).path("message"))
        .filter(ObjectNode.class::isInstance)
        .map(ObjectNode.class::cast);
  }

  /** A completion as a provider wrote it; empty if it is not the JSON that we accept. */
  static Optional<JsonNode> parsed(Buffer completion) {
    try {
      return Optional.of(Json.parse(completion));
    } catch (AIError _) {
      return Optional.empty();
    }
  }

  private ObjectNode head(String object) {
    return Json.object()
        .put("id", id)
        .put("object", object)
        .put("created", created)
        .put("model", model);
  }

  private static ObjectNode usageOf(Usage usage) {
    var node =
        Json.object()
            .put("prompt_tokens", usage.inputTokens())
            .put("completion_tokens", usage.outputTokens())
            .put("total_tokens", usage.totalTokens());
    node.putObject("prompt_tokens_details").put("cached_tokens", usage.cachedTokens());
    node.putObject("completion_tokens_details").put("reasoning_tokens", usage.reasoningTokens());
    return usage.searches() > 0 ? node.put("num_search_queries", usage.searches()) : node;
  }

  private static ObjectNode withSources(ObjectNode node, List<Source> sources) {
    if (!sources.isEmpty()) {
      var citations = node.putArray("citations");
      sources.forEach(source -> citations.add(source.url()));
      node.set("search_results", results(sources));
    }
    return node;
  }

  private static ArrayNode results(List<Source> sources) {
    var results = Json.mapper().createArrayNode();
    for (var source : sources) {
      results
          .addObject()
          .put("title", source.title())
          .put("url", source.url())
          .put("date", source.date().orElse(null))
          .put("snippet", source.snippet());
    }
    return results;
  }
}
