package dev.weir.resilience;

import java.time.Duration;
import java.time.Instant;

/**
 * A breaker at one moment.
 *
 * @param provider the provider that it guards
 * @param model the model, or {@code *} for the breaker that a provider's surplus models share
 * @param state how it stands
 * @param since since when
 * @param failures failures within the window
 * @param retryAfter what remains until it lets a probe through; zero unless it is open
 */
public record BreakerStatus(
    String provider,
    String model,
    BreakerState state,
    Instant since,
    int failures,
    Duration retryAfter) {}
