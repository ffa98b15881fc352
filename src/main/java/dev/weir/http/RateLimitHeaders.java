package dev.weir.http;

import dev.weir.gateway.Allowance;
import io.vertx.core.MultiMap;
import java.time.Duration;

/** The headers {@code x-ratelimit-*}: what is left of the caller's limits, and until when. */
final class RateLimitHeaders {
  private RateLimitHeaders() {}

  static void set(Allowance left, MultiMap headers) {
    left.calls()
        .ifPresent(
            window -> {
              set(headers, "requests", window.limit(), window.remaining(), window.reset());
              headers.set("x-ratelimit-policy", window.policy());
            });
    left.tokens()
        .ifPresent(
            window -> set(headers, "tokens", window.limit(), window.remaining(), window.reset()));
    left.money()
        .ifPresent(
            budget -> {
              set(headers, "usd", budget.limit(), budget.remaining(), budget.reset());
              if (left.calls().isEmpty()) {
                headers.set("x-ratelimit-policy", budget.policy());
              }
            });
  }

  private static void set(
      MultiMap headers, String unit, Object limit, Object remaining, Duration reset) {
    headers
        .set("x-ratelimit-limit-" + unit, limit.toString())
        .set("x-ratelimit-remaining-" + unit, remaining.toString())
        .set(
            "x-ratelimit-reset-" + unit,
            String.valueOf(Math.ceilDiv(Math.max(0, reset.toMillis()), 1000)));
  }
}
