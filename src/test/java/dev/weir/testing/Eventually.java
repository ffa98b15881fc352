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

  /** The first look comes after this, each other one after twice as long, up to the longest. */
  private static final Duration FIRST_REST = Duration.ofMillis(1);

  /** A look may be a statement: many a second would keep a small machine from what it waits for. */
  private static final Duration LONGEST_REST = Duration.ofMillis(20);

  private Eventually() {}

  /**
   * Looks until it is so.
   *
   * @param what is waited for, said in the failure
   * @param condition looks; what it throws fails the test at once
   */
  public static void until(String what, Callable<Boolean> condition) {
    var deadline = System.nanoTime() + PATIENCE.toNanos();
    var rest = FIRST_REST.toNanos();
    try {
      while (!condition.call()) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("not within " + PATIENCE.toSeconds() + " s: " + what);
        }
        LockSupport.parkNanos(rest);
        rest = Math.min(2 * rest, LONGEST_REST.toNanos());
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
