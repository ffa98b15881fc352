package dev.weir.core;

import java.time.Instant;

/**
 * Time, injected so that every rule about it is tested without sleeping. {@link #now} is for what
 * people and the database read; {@link #nanoTime} is the only measure of durations, since wall
 * clocks step.
 */
public interface Clock {
  /** The wall clock. */
  Instant now();

  /** Monotonic nanoseconds from an arbitrary origin; only differences mean anything. */
  long nanoTime();

  /** The machine's own clocks. */
  static Clock system() {
    return new Clock() {
      @Override
      public Instant now() {
        return Instant.now();
      }

      @Override
      public long nanoTime() {
        return System.nanoTime();
      }
    };
  }
}
