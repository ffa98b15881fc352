package dev.weir.repricing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.pricing.PriceTable;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The bill of one row of {@code ai_usage_metrics}.
 *
 * @param id the call
 * @param startedAt when it came in: the moment whose prices hold
 * @param model who answered
 * @param total what all attempts consumed
 * @param cost what it costs by now, or empty if some attempt has no price
 * @param lines its attempts
 */
record Bill(
    UUID id, Instant startedAt, String model, Usage total, Optional<Usd> cost, ArrayNode lines) {

  /** What only a line holds that says all about its usage; older ones lack it. */
  private static final String TELLING = "searches";

  /** What a second look at the prices gives. */
  sealed interface Look {
    /** The new bill; it may be the old one. */
    record Priced(Optional<Usd> cost, ArrayNode lines) implements Look {}

    /** The lines do not say enough to price them again: written before they held every count. */
    record Unclear() implements Look {}
  }

  /** Whether this model has a part in it. */
  boolean concerns(String name) {
    return model.equals(name)
        || lines.valueStream().anyMatch(line -> line.path("model").asText("").equals(name));
  }

  /** Prices each line again, by the prices of the moment at which the call came in. */
  Look look(PriceTable prices) {
    if (lines.isEmpty()) {
      return total.equals(Usage.NONE)
          ? new Look.Priced(cost, lines)
          : new Look.Priced(prices.cost(model, total, startedAt), lines);
    }
    var consuming = lines.valueStream().filter(line -> !spoken(line).equals(Usage.NONE)).count();
    var priced = Json.mapper().createArrayNode();
    var sum = Optional.of(Usd.ZERO);
    for (var line : lines) {
      var usage = spoken(line);
      if (!line.has(TELLING) && !usage.equals(Usage.NONE)) {
        if (consuming > 1) {
          return new Look.Unclear();
        }
        usage = total;
      }
      var now =
          usage.equals(Usage.NONE)
              ? Optional.of(Usd.ZERO)
              : lost(usage)
                  ? settled(line)
                  : prices.cost(line.path("model").asText(model), usage, startedAt);
      sum = sum.flatMap(before -> now.map(before::plus));
      priced.add(with(line, now));
    }
    return new Look.Priced(sum, priced);
  }

  /** Whether it says the same as another look. */
  boolean says(Look.Priced other) {
    return cost.equals(other.cost()) && costs(lines).equals(costs(other.lines()));
  }

  /** Of an attempt that was settled before its process died, only the cost survived. */
  private static boolean lost(Usage usage) {
    return usage.estimated() && usage.totalTokens() == 0 && usage.searches() == 0;
  }

  private static Optional<Usd> settled(JsonNode line) {
    return Optional.of(line.path("cost_usd"))
        .filter(JsonNode::isNumber)
        .map(cost -> Usd.of(cost.decimalValue()));
  }

  private static JsonNode with(JsonNode line, Optional<Usd> cost) {
    if (!(line.deepCopy() instanceof ObjectNode copy)) {
      return line;
    }
    copy.remove("cost_usd");
    cost.ifPresent(usd -> copy.put("cost_usd", usd.dollars()));
    return copy;
  }

  private static java.util.List<Optional<Usd>> costs(ArrayNode lines) {
    return lines.valueStream().map(Bill::settled).toList();
  }

  /** The usage that stands in a line. */
  private static Usage spoken(JsonNode line) {
    return new Usage(
        line.path("prompt_tokens").asLong(),
        line.path("completion_tokens").asLong(),
        line.path("prompt_tokens_cached").asLong(),
        line.path("prompt_tokens_written_5m").asLong(),
        line.path("prompt_tokens_written_1h").asLong(),
        line.path("reasoning_tokens").asLong(),
        line.path("searches").asLong(),
        line.path("estimated").asBoolean());
  }
}
