package dev.weir.analytics;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One line of an answer.
 *
 * @param period when its period begins; empty where the answer is not cut
 * @param groups its values, in the order of the question's groups; an absent one is empty text
 * @param calls calls, however they ended
 * @param errors calls that did not end well: failed, cancelled or interrupted
 * @param cacheHits calls that the cache answered
 * @param promptTokens tokens in
 * @param completionTokens tokens out
 * @param cachedTokens those of the tokens in that the provider had cached
 * @param reasoningTokens those of the tokens out that were spent on reasoning
 * @param searches web searches
 * @param cost what the priced calls cost, in USD, exact
 * @param providerCost what the providers say that it cost
 * @param simulatedCost the part of the cost that the sandbox made up
 * @param unpriced calls whose cost is not known because a model has no price
 * @param latency how long the calls took that ended well or failed; empty where it is not kept
 */
public record UsageLine(
    Optional<Instant> period,
    List<String> groups,
    long calls,
    long errors,
    long cacheHits,
    long promptTokens,
    long completionTokens,
    long cachedTokens,
    long reasoningTokens,
    long searches,
    BigDecimal cost,
    BigDecimal providerCost,
    BigDecimal simulatedCost,
    long unpriced,
    Optional<Latency> latency) {
  /** Copies the groups. */
  public UsageLine {
    groups = List.copyOf(groups);
  }

  /**
   * Percentiles in ms, from sketches with a relative error of 1 %.
   *
   * @param p50 half the calls took at most this
   * @param p95 95 of a hundred
   * @param p99 99 of a hundred
   */
  public record Latency(double p50, double p95, double p99) {}
}
