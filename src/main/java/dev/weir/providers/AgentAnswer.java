package dev.weir.providers;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Answer.Finish;
import dev.weir.gateway.Source;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the response object of the Agent API: text from every {@code output_text} of every message,
 * sources from the {@code search_results} item, usage and the provider's own cost.
 */
final class AgentAnswer {
  /** More dollars than one call can cost: what is above is no price. */
  private static final BigDecimal ABSURD = BigDecimal.valueOf(100_000);

  private static final int MOST_SCALE = 100;

  private AgentAnswer() {}

  /** The text of a response. */
  static String text(JsonNode response) {
    var text = new StringBuilder();
    for (var item : response.path("output")) {
      if (item.path("type").asText("").equals("message")) {
        for (var part : item.path("content")) {
          if (part.path("type").asText("").equals("output_text")) {
            text.append(part.path("text").asText(""));
          }
        }
      }
    }
    return text.toString();
  }

  /** The pages that a response rests on. */
  static List<Source> sources(JsonNode response) {
    var sources = new ArrayList<Source>();
    for (var item : response.path("output")) {
      if (item.path("type").asText("").equals("search_results")) {
        sources.addAll(results(item.path("results")));
      }
    }
    return sources;
  }

  /** The pages of a list of search results; those without an address are left out. */
  static List<Source> results(JsonNode results) {
    var sources = new ArrayList<Source>();
    for (var result : results) {
      var url = result.path("url").asText("");
      if (!url.isEmpty()) {
        sources.add(
            new Source(
                url,
                result.path("title").asText(""),
                result.path("snippet").asText(""),
                Optional.of(result.path("date"))
                    .filter(JsonNode::isTextual)
                    .map(JsonNode::textValue)));
      }
    }
    return sources;
  }

  /** What a response consumed, if it says so. */
  static Optional<Usage> usage(JsonNode response) {
    var usage = response.path("usage");
    if (!UpstreamJson.believable(usage.path("input_tokens"), usage.path("output_tokens"))) {
      return Optional.empty();
    }
    var in = usage.path("input_tokens_details");
    return Optional.of(
        new Usage(
                UpstreamJson.count(usage.path("input_tokens")),
                UpstreamJson.count(usage.path("output_tokens")),
                Math.max(
                    UpstreamJson.count(in.path("cache_read_input_tokens")),
                    UpstreamJson.count(in.path("cached_tokens"))),
                UpstreamJson.count(usage.path("output_tokens_details").path("reasoning_tokens")),
                searches(usage.path("tool_calls_details")),
                false)
            .writing(CacheWrites.for5m(in), CacheWrites.for1h(in)));
  }

  /** What the provider itself says the response cost. */
  static Optional<Usd> cost(JsonNode response) {
    return costOf(response.path("usage"));
  }

  /** The same, of its {@code usage} alone. */
  static Optional<Usd> costOf(JsonNode usage) {
    var cost = usage.path("cost");
    var total = cost.path("total_cost");
    if (!total.isNumber() || !cost.path("currency").asText("USD").equals("USD")) {
      return Optional.empty();
    }
    var dollars = total.decimalValue();
    // The scale first: rounding 1e-999999999 would take a power of ten of that size.
    return Math.abs(dollars.scale()) <= MOST_SCALE
            && dollars.signum() >= 0
            && dollars.compareTo(ABSURD) < 0
        ? Optional.of(Usd.of(dollars))
        : Optional.empty();
  }

  /** A finished response as an answer. */
  static Answer of(JsonNode response, String text, List<Source> sources, String asked) {
    return new Answer(
        text,
        Optional.empty(),
        finish(response),
        response.path("model").asText(asked),
        usage(response).orElse(Usage.NONE),
        cost(response),
        sources,
        Optional.empty());
  }

  private static Finish finish(JsonNode response) {
    if (!response.path("status").asText("").equals("incomplete")) {
      return Finish.STOP;
    }
    return response.path("incomplete_details").path("reason").asText("").equals("content_filter")
        ? Finish.CONTENT_FILTER
        : Finish.LENGTH;
  }

  /** Billed searches: the tools are keyed by billing names such as {@code search_web}. */
  private static long searches(JsonNode tools) {
    var sum = 0L;
    for (var tool : tools.properties()) {
      if (tool.getKey().contains("search")) {
        sum += Math.clamp(UpstreamJson.count(tool.getValue().path("invocation")), 0, 1_000_000);
      }
    }
    return sum;
  }
}
