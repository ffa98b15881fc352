package dev.weir.resilience;

import dev.weir.core.Clock;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * A world whose time moves only when a test says so: a clock, and a Vert.x whose timers fire in it.
 * Single-threaded. Starts near the end of the range of {@code nanoTime}, so that code that compares
 * moments instead of subtracting them is caught.
 */
final class VirtualTime implements Clock {
  private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");
  private static final long ORIGIN = Long.MAX_VALUE - 5_000_000_000L;

  private static final EventBus SILENT =
      (EventBus)
          Proxy.newProxyInstance(
              VirtualTime.class.getClassLoader(),
              new Class<?>[] {EventBus.class},
              (bus, _, _) -> bus);

  private record Timer(long id, long at, Handler<Long> handler) {}

  private final PriorityQueue<Timer> queue =
      new PriorityQueue<>(
          (a, b) -> a.at == b.at ? Long.compare(a.id, b.id) : Long.compare(a.at, b.at));
  private final Map<Long, Timer> armed = new HashMap<>();
  private long passed;
  private long ids;

  @Override
  public Instant now() {
    return EPOCH.plusNanos(passed);
  }

  @Override
  public long nanoTime() {
    return ORIGIN + passed;
  }

  /** Time since the beginning. */
  Duration passed() {
    return Duration.ofNanos(passed);
  }

  /** Timers that are armed. */
  int timers() {
    return armed.size();
  }

  void pass(Duration time) {
    var until = passed + time.toNanos();
    while (!queue.isEmpty() && queue.peek().at <= until) {
      var timer = queue.remove();
      if (armed.remove(timer.id) != null) {
        passed = Math.max(passed, timer.at);
        timer.handler.handle(timer.id);
      }
    }
    passed = until;
  }

  void passMillis(long millis) {
    pass(Duration.ofMillis(millis));
  }

  /** Jumps from timer to timer until none is left. */
  void passAll() {
    while (!armed.isEmpty()) {
      pass(Duration.ofNanos(Math.max(0, queue.peek().at - passed)));
    }
  }

  /** A Vert.x that has timers, an event bus on which nobody listens, and nothing else. */
  Vertx vertx() {
    return (Vertx)
        Proxy.newProxyInstance(
            VirtualTime.class.getClassLoader(),
            new Class<?>[] {Vertx.class},
            (_, method, args) -> {
              try {
                return switch (method.getName()) {
                  case "setTimer" -> setTimer((Long) args[0], args[1]);
                  case "cancelTimer" -> armed.remove((Long) args[0]) != null;
                  case "eventBus" -> SILENT;
                  default -> throw new UnsupportedOperationException(method.getName());
                };
              } catch (ClassCastException e) {
                throw new InvocationTargetException(e);
              }
            });
  }

  @SuppressWarnings("unchecked")
  private long setTimer(long delay, Object handler) {
    if (delay < 1) {
      throw new IllegalArgumentException("a timer needs at least 1 ms");
    }
    var timer = new Timer(++ids, passed + delay * 1_000_000, (Handler<Long>) handler);
    queue.add(timer);
    armed.put(timer.id, timer);
    return timer.id;
  }
}
