package dev.weir.resilience;

import java.time.Duration;

/**
 * The failures of a rolling window, exactly: the moments of the last {@code threshold} of them, in
 * a ring. Older ones do not matter to the only question that is asked. Not thread-safe.
 */
final class FailureWindow {
  private final long[] moments;
  private final long window;
  private int held;
  private int next;

  FailureWindow(int threshold, Duration window) {
    this.moments = new long[Math.max(1, threshold)];
    this.window = window.toNanos();
  }

  /** Adds a failure; true if the window now holds the threshold. */
  boolean add(long nanoTime) {
    moments[next] = nanoTime;
    next = (next + 1) % moments.length;
    held = Math.min(held + 1, moments.length);
    return held == moments.length && nanoTime - moments[next] < window;
  }

  /** The failures within the window, at most the threshold. */
  int count(long nanoTime) {
    var count = 0;
    for (var i = 0; i < held; i++) {
      if (nanoTime - moments[i] < window) {
        count++;
      }
    }
    return count;
  }

  void clear() {
    held = 0;
    next = 0;
  }
}
