package dev.weir.testing;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits for what another thread does. Whatever an event loop, a reader thread or another process
 * brings about is true soon after, never at once: a test that asserts it in the next line fails on
 * a machine that is busy.
 */
public final class Eventually {
  /** Only a test that fails waits so long. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(1);

  private Eventually() {}

  /**
   * Looks until it is so.
   *
   * @param what is waited for, said in the failure
   * @param condition looks; what it throws fails the test at once
   */
  public static void until(String what, Callable<Boolean> condition) {
    var deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (!condition.call()) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("not within " + PATIENCE.toSeconds() + " s: " + what);
        }
        LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
