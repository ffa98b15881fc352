package dev.weir.resilience;

import dev.weir.config.OverloadSettings;
import dev.weir.core.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * Whether this process has more to do than it can, and which share of the calls it must therefore
 * turn away.
 *
 * <p>Four times a second, if calls come at all, it looks at three signals, each as a part of what
 * the settings allow: how late the event loops are (on a moving average, since one late beat is
 * nothing), how many calls are under way, how full the heap is after a collection. While the worst
 * of them is above 1 the share rises by a tenth, while it is below 0.7 the share falls by a
 * twentieth, and in between it stays: it reacts within a second or two, and does not swing.
 *
 * <p>The share is taken from the calls in the order of their rank: at a third, of three ranks the
 * lowest is shed whole and no other. One per process; thread-safe.
 */
public final class Overload {
  private static final long TICK = Duration.ofMillis(250).toNanos();
  private static final double RISE = 0.10;
  private static final double FALL = 0.05;
  private static final double CALM = 0.7;
  private static final double WEIGHT = 0.25;
  private static final double NEARLY_ALL = 0.9;

  private final OverloadSettings settings;
  private final Clock clock;
  private final Supplier<Duration> lag;
  private final DoubleSupplier memory;
  private final AtomicInteger calls = new AtomicInteger();
  private final LongAdder shed = new LongAdder();

  /** Guarded by this, as is the next one. */
  private double averageLag;

  private volatile double share;
  private volatile long lookedAt;

  /**
   * Nothing is shed yet.
   *
   * @param settings what is too much
   * @param clock measures the ticks
   * @param lag how late the latest event loop is
   * @param memory how full the heap is after a collection, 0 to 1
   */
  public Overload(
      OverloadSettings settings, Clock clock, Supplier<Duration> lag, DoubleSupplier memory) {
    this.settings = settings;
    this.clock = clock;
    this.lag = lag;
    this.memory = memory;
    this.lookedAt = clock.nanoTime();
  }

  /**
   * Counts a call in, or turns it away.
   *
   * @param rank its place in the order, from 0: the lowest is shed first
   * @param luck from 0 to below 1, by which calls of one rank are told apart
   * @return whether it may go on; then {@link #leave} follows
   */
  boolean tryEnter(int rank, double luck) {
    look();
    var now = calls.incrementAndGet();
    if (now <= settings.maxCalls() && share * settings.order().size() <= rank + luck) {
      return true;
    }
    calls.decrementAndGet();
    shed.increment();
    return false;
  }

  void leave() {
    calls.decrementAndGet();
  }

  private void look() {
    if (clock.nanoTime() - lookedAt >= TICK) {
      tick(clock.nanoTime());
    }
  }

  private synchronized void tick(long now) {
    var ticks = (now - lookedAt) / TICK;
    if (ticks <= 0) {
      return;
    }
    lookedAt = now;
    // However late one beat is, it takes three of them to be too much.
    var late = Math.min(lag.get().toNanos(), 2 * settings.maxLag().toNanos());
    averageLag += (late - averageLag) * WEIGHT;
    var worst =
        Math.max(
            averageLag / settings.maxLag().toNanos(),
            Math.max(
                calls.get() / (settings.maxCalls() * NEARLY_ALL),
                memory.getAsDouble() * 100 / settings.maxMemoryPercent()));
    if (worst > 1) {
      share = Math.min(1, share + RISE);
    } else if (worst < CALM) {
      // Nobody came for a while: those moments were calm as well.
      share = Math.max(0, share - FALL * ticks);
    }
  }

  /** The share of calls that is turned away now, 0 to 1. */
  public double share() {
    return share;
  }

  /** Calls turned away since the start. */
  public long shed() {
    return shed.sum();
  }

  /** Calls under way. */
  public int calls() {
    return calls.get();
  }
}
