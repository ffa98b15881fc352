package dev.weir.testing;

import dev.weir.core.Clock;
import java.time.Duration;
import java.time.Instant;

/** A clock that goes when it is told to, both its hands alike. Thread-safe for one who moves it. */
public final class HandClock implements Clock {
  private final Instant start;
  private volatile long nanos = 1_000;

  /** Begins in a night of November 2026. */
  public HandClock() {
    this(Instant.parse("2026-11-25T03:00:00Z"));
  }

  /** Begins at that time. */
  public HandClock(Instant start) {
    this.start = start;
  }

  /** Moves it on. */
  public void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Override
  public Instant now() {
    return start.plusNanos(nanos);
  }

  @Override
  public long nanoTime() {
    return nanos;
  }
}
