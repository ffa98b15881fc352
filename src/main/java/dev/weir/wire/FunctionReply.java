package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Kept;
import dev.weir.gateway.Source;
import dev.weir.gateway.Tally;
import dev.weir.gateway.Target;
import dev.weir.prompts.FunctionDefinition;
import java.math.BigDecimal;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Encodes the reply to a function call, for HTTP and the event bus alike. */
public final class FunctionReply {
  private FunctionReply() {}

  /**
   * The success envelope of a whole answer.
   *
   * @param x the call, at its end
   * @param nanoTime the monotonic clock now, for the execution time
   */
  public static ObjectNode success(Exchange x, Answer answer, long nanoTime) {
    return success(x, data(answer), answer, nanoTime);
  }

  static ObjectNode success(Exchange x, JsonNode data, Answer answer, long nanoTime) {
    return Json.object()
        .put("success", true)
        .<ObjectNode>set("data", data)
        .set("meta", meta(x, answer.sources(), nanoTime));
  }

  /** The error envelope. */
  public static ObjectNode failure(AIError error, UUID requestId) {
    return Envelope.FUNCTIONS.error(error, requestId);
  }

  /** The {@code error} member alone, for streams. */
  public static ObjectNode error(AIError error, UUID requestId) {
    return FunctionErrors.detail(error, requestId);
  }

  /**
   * The {@code data} member alone: the validated value, or the text of a function without schema.
   */
  public static JsonNode data(Answer answer) {
    return answer.data().orElseGet(() -> TextNode.valueOf(answer.text()));
  }

  /**
   * The {@code meta} member alone: who answered, how, and what it took.
   *
   * @param sources the pages that the answer rests on; none for a call that failed
   */
  public static ObjectNode meta(Exchange x, List<Source> sources, long nanoTime) {
    var tally = x.tally();
    var target = tally.lastTarget().orElse(x.followed().route().first());
    var meta =
        Json.object()
            .put("request_id", x.origin().id().toString())
            .put("function", x.followed().label())
            .put("version", x.followed().function().map(FunctionDefinition::version).orElse(null))
            .put("experiment", x.followed().experiment().orElse(null))
            .put("variant", x.followed().variant().orElse(null))
            .put("provider", target.servedBy())
            .put("model", target.model().toString())
            .put("cache", tally.cache().label());
    meta.set("usage", usage(tally));
    meta.put(
            "cost_usd", tally.knownCost().map(cost -> new BigDecimal(cost.toString())).orElse(null))
        .put(
            "execution_time_ms",
            TimeUnit.NANOSECONDS.toMillis(nanoTime - x.origin().arrivedNanos()))
        .put("retry_count", tally.retries());
    meta.set("citations", citations(sources));
    meta.set("repairs", texts(tally.repairs()));
    return extras(meta, x, tally, target);
  }

  private static ObjectNode extras(ObjectNode meta, Exchange x, Tally tally, Target target) {
    if (!tally.warnings().isEmpty()) {
      meta.set("warnings", texts(tally.warnings()));
    }
    tally.kept().ifPresent(kept -> kept(meta, kept));
    if (target.simulated()) {
      meta.put("simulated", true);
    }
    x.origin().correlation().ifPresent(id -> meta.put("correlation_id", id));
    return meta;
  }

  private static void kept(ObjectNode meta, Kept kept) {
    meta.put("cache_age_s", kept.age().toSeconds());
    kept.match()
        .ifPresent(
            match ->
                meta.put("cache_similarity", BigDecimal.valueOf(match.similarity()))
                    .put("cache_reason", match.reason()));
  }

  private static ObjectNode usage(Tally tally) {
    var usage = tally.usage();
    var node =
        Json.object()
            .put("input_tokens", usage.inputTokens())
            .put("output_tokens", usage.outputTokens())
            .put("cached_tokens", usage.cachedTokens());
    if (usage.reasoningTokens() > 0) {
      node.put("reasoning_tokens", usage.reasoningTokens());
    }
    if (usage.searches() > 0) {
      node.put("searches", usage.searches());
    }
    if (usage.estimated()) {
      node.put("estimated", true);
    }
    return node;
  }

  private static ArrayNode citations(List<Source> sources) {
    var array = Json.mapper().createArrayNode();
    for (var source : sources) {
      var citation = array.addObject().put("url", source.url()).put("title", source.title());
      source.date().ifPresent(date -> citation.put("date", date));
    }
    return array;
  }

  private static ArrayNode texts(List<String> texts) {
    var array = Json.mapper().createArrayNode();
    texts.forEach(array::add);
    return array;
  }
}
