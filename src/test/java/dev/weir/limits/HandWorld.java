package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;

/** A node's loop and clock, and its wire to a ledger in memory: all move when a test says so. */
final class HandWorld implements Clock, LeaseDesk.Loop {
  private static final int MOST_STEPS = 10_000;

  private record Timer(long at, Runnable work) {}

  private final WireLedger ledger = new WireLedger();
  private final Queue<Runnable> work = new ArrayDeque<>();
  private final Queue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong((Timer timer) -> timer.at));
  private Runnable onNow = () -> {};
  private Runnable onNano = () -> {};
  private int nanosUntil;
  private long passed;

  WireLedger ledger() {
    return ledger;
  }

  /** Does what the loop has to do by now. */
  void drain() {
    var steps = 0;
    for (var next = work.poll(); next != null; next = work.poll()) {
      assertThat(steps++).as("steps without rest").isLessThan(MOST_STEPS);
      next.run();
    }
  }

  /** Time goes by for the node; the wire stands still. */
  void pass(Duration time) {
    passed += time.toNanos();
    while (!timers.isEmpty() && timers.peek().at <= passed) {
      timers.remove().work.run();
      drain();
    }
  }

  /** Two seconds in which all messages arrive. */
  void goesOn() {
    for (var i = 0; i < 200; i++) {
      ledger.step();
      drain();
      pass(Duration.ofMillis(10));
    }
  }

  /** Comes in between, as another thread would, wherever the wall clock is read next. */
  void onNow(Runnable interruption) {
    onNow = interruption;
  }

  @Override
  public Instant now() {
    var interruption = onNow;
    onNow = () -> {};
    interruption.run();
    return Instant.parse("2032-05-10T12:00:00Z").plusNanos(passed);
  }

  /** The same at the n-th reading of the monotonic clock from here; nothing for no more of it. */
  void onNano(int reading, Runnable interruption) {
    nanosUntil = reading;
    onNano = interruption;
  }

  @Override
  public long nanoTime() {
    if (nanosUntil > 0 && --nanosUntil == 0) {
      onNano.run();
    }
    return passed;
  }

  @Override
  public void run(Runnable next) {
    work.add(next);
  }

  @Override
  public void after(Duration delay, Runnable later) {
    timers.add(new Timer(passed + delay.toNanos(), later));
  }
}
