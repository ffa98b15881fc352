package dev.weir.pricing;

import dev.weir.core.Usage;
import dev.weir.core.Usd;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.List;

/**
 * What a model costs from a moment on.
 *
 * @param model {@code provider/model}
 * @param from the first moment at which it holds
 * @param rates by prompt size, ascending; the first begins at 0
 * @param perRequest dollars for each request
 * @param perSearch dollars for each web search
 */
record Price(
    String model, Instant from, List<Rates> rates, BigDecimal perRequest, BigDecimal perSearch) {

  private static final BigDecimal MILLION = BigDecimal.valueOf(1_000_000);

  /** More dollars than one attempt can cost; sums of many still fit {@link Usd}. */
  private static final BigDecimal MOST = BigDecimal.valueOf(10_000_000);

  /**
   * Dollars per million tokens for prompts of more than {@code above} tokens.
   *
   * @param above the prompt size at which these rates begin
   * @param input for fresh input
   * @param cached for input read from the provider's cache
   * @param written5m for input written to the provider's cache for five minutes
   * @param written1h for input written to the provider's cache for an hour
   * @param output for output that is no reasoning
   * @param reasoning for reasoning
   */
  record Rates(
      long above,
      BigDecimal input,
      BigDecimal cached,
      BigDecimal written5m,
      BigDecimal written1h,
      BigDecimal output,
      BigDecimal reasoning) {}

  Price {
    rates = List.copyOf(rates);
  }

  /** The exact sum of all parts, rounded up once to the next nano-dollar; bounded. */
  Usd cost(Usage usage) {
    var rate = rates.getFirst();
    for (var candidate : rates) {
      if (usage.inputTokens() > candidate.above()) {
        rate = candidate;
      }
    }
    var tokens =
        part(rate.input(), usage.inputTokens() - usage.cachedTokens() - usage.writtenTokens())
            .add(part(rate.cached(), usage.cachedTokens()))
            .add(part(rate.written5m(), usage.written5m()))
            .add(part(rate.written1h(), usage.written1h()))
            .add(part(rate.output(), usage.outputTokens() - usage.reasoningTokens()))
            .add(part(rate.reasoning(), usage.reasoningTokens()))
            .divide(MILLION, 18, RoundingMode.CEILING);
    return Usd.of(tokens.add(perRequest).add(part(perSearch, usage.searches())).min(MOST));
  }

  private static BigDecimal part(BigDecimal rate, long count) {
    return rate.multiply(BigDecimal.valueOf(count));
  }
}
