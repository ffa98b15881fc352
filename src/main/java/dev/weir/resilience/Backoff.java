package dev.weir.resilience;

import dev.weir.prompts.RetryPolicy;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential backoff with full jitter: before the n-th retry of a target, a wait drawn evenly
 * between nothing and {@code min(maxDelay, baseDelay * 2^(n-1))}. Full jitter spreads a herd best
 * for the work it costs: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
final class Backoff {
  private static final int MAX_DOUBLINGS = 20;

  private Backoff() {}

  /** The wait before the {@code retry}-th retry, counted from 1. */
  static Duration draw(RetryPolicy policy, int retry, RandomGenerator random) {
    var bound = bound(policy, retry).toNanos();
    return bound <= 0 ? Duration.ZERO : Duration.ofNanos(random.nextLong(bound + 1));
  }

  /** The longest wait before the {@code retry}-th retry. */
  static Duration bound(RetryPolicy policy, int retry) {
    var doubled = policy.baseDelay().multipliedBy(1L << Math.min(retry - 1, MAX_DOUBLINGS));
    return doubled.compareTo(policy.maxDelay()) > 0 ? policy.maxDelay() : doubled;
  }
}
