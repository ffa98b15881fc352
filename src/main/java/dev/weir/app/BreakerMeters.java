package dev.weir.app;

import dev.weir.resilience.BreakerChange;
import dev.weir.resilience.BreakerListener;
import dev.weir.telemetry.Metrics;
import io.micrometer.core.instrument.Counter;

/**
 * Counts the changes of breakers; they are few, and so are breakers, whose number is bounded. Any
 * thread.
 */
final class BreakerMeters implements BreakerListener {
  private final Metrics metrics;

  BreakerMeters(Metrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void changed(BreakerChange change) {
    Counter.builder("weir.breaker.changes")
        .description("Changes of circuit breakers, by the state that they went into.")
        .tag("provider", change.provider())
        .tag("to", change.to().label())
        .register(metrics.registry())
        .increment();
  }
}
