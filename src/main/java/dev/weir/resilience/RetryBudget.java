package dev.weir.resilience;

import dev.weir.config.RetryBudgetSettings;
import dev.weir.core.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The bound on retries, so that an outage is not multiplied by everyone's patience: over any
 * rolling window, the retries to one provider stay within a percentage of the calls to it, except
 * that a few (the floor) are always allowed.
 *
 * <p>One per process, shared by all verticles; thread-safe. A window is counted in {@value #SLICES}
 * slices. Calls are counted over at most the window and retries over at least the window (one slice
 * more), so the rounding errs on the side of fewer retries and the bound holds for every window,
 * wherever it begins. Memory: a few hundred bytes for each provider, and those are bounded by the
 * configuration.
 */
public final class RetryBudget {
  private static final int SLICES = 10;

  private final RetryBudgetSettings settings;
  private final Clock clock;
  private final long sliceNanos;
  private final long origin;
  private final Map<String, Account> accounts = new ConcurrentHashMap<>();

  /**
   * A full budget.
   *
   * @param settings percentage, floor and window
   * @param clock measures the window
   */
  public RetryBudget(RetryBudgetSettings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    this.sliceNanos = Math.max(1, settings.window().toNanos() / SLICES);
    this.origin = clock.nanoTime();
  }

  /** Counts one call to this provider; retries are none. */
  public void called(String provider) {
    account(provider).called(slice());
  }

  /** Takes one retry to this provider out of the budget; false if there is none left. */
  public boolean tryRetry(String provider) {
    return account(provider).tryRetry(slice());
  }

  private Account account(String provider) {
    return accounts.computeIfAbsent(provider, _ -> new Account());
  }

  private long slice() {
    return Math.floorDiv(clock.nanoTime() - origin, sliceNanos);
  }

  /** The counts of one provider, in a ring of slices. Its monitor is held for a few additions. */
  private final class Account {
    private final long[] slices = new long[SLICES + 1];
    private final long[] calls = new long[SLICES + 1];
    private final long[] retries = new long[SLICES + 1];

    synchronized void called(long now) {
      calls[at(now)]++;
    }

    synchronized boolean tryRetry(long now) {
      var here = at(now);
      var made = 0L;
      var basis = 0L;
      for (var i = 0; i < slices.length; i++) {
        if (slices[i] > now - slices.length) {
          made += retries[i];
        }
        if (slices[i] > now - SLICES) {
          basis += calls[i];
        }
      }
      var allowed = Math.max(settings.floor(), basis * settings.percent() / 100);
      if (made >= allowed) {
        return false;
      }
      retries[here]++;
      return true;
    }

    /** The place of the current slice in the ring, emptied if it still holds an old one. */
    private int at(long now) {
      var i = (int) Math.floorMod(now, (long) slices.length);
      if (slices[i] < now) {
        slices[i] = now;
        calls[i] = 0;
        retries[i] = 0;
      }
      return i;
    }
  }
}
