package dev.weir.cache;

import dev.weir.core.Clock;
import java.time.Duration;
import java.time.Instant;

/** A clock that goes when it is told to. */
final class HandClock implements Clock {
  private volatile long nanos = 1_000;

  void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Override
  public Instant now() {
    return Instant.parse("2026-11-25T03:00:00Z").plusNanos(nanos);
  }

  @Override
  public long nanoTime() {
    return nanos;
  }
}
