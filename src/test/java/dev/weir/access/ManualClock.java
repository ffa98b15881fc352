package dev.weir.access;

import dev.weir.core.Clock;
import java.time.Duration;
import java.time.Instant;

/** A clock that stands still until it is told to move. */
final class ManualClock implements Clock {
  private volatile long nanos = 1_000_000_000_000L;

  void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Override
  public Instant now() {
    return Instant.ofEpochSecond(1_800_000_000L).plusNanos(nanos);
  }

  @Override
  public long nanoTime() {
    return nanos;
  }
}
