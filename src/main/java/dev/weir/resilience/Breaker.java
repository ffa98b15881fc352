package dev.weir.resilience;

import dev.weir.config.BreakerSettings;
import dev.weir.core.Clock;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The breaker of one provider and model: a state machine of ours around a Vert.x circuit breaker.
 *
 * <table>
 * <caption>Phases</caption>
 * <tr><th>phase</th><th>Vert.x</th><th>shown as</th><th>lets through</th></tr>
 * <tr><td>Closed</td><td>CLOSED</td><td>CLOSED</td><td>everyone</td></tr>
 * <tr><td>Open</td><td>OPEN</td><td>OPEN</td><td>nobody</td></tr>
 * <tr><td>HalfOpen</td><td>HALF_OPEN</td><td>HALF_OPEN</td><td>one call at a time</td></tr>
 * <tr><td>Probation</td><td>CLOSED</td><td>HALF_OPEN</td><td>as many at a time as successes are
 *     missing, at most {@value #PROBATION_CALLS}</td></tr>
 * </table>
 *
 * <table>
 * <caption>Transitions; a verdict UNKNOWN changes no phase, it only gives its place back</caption>
 * <tr><th>from</th><th>on</th><th>to</th></tr>
 * <tr><td>Closed</td><td>SICK, the threshold's within the window</td><td>Open</td></tr>
 * <tr><td>Open</td><td>Vert.x's reset timer</td><td>HalfOpen</td></tr>
 * <tr><td>HalfOpen</td><td>SICK</td><td>Open</td></tr>
 * <tr><td>HalfOpen</td><td>WELL</td><td>Probation, or Closed if one success is enough</td></tr>
 * <tr><td>Probation</td><td>SICK</td><td>Open</td></tr>
 * <tr><td>Probation</td><td>WELL, the last one missing</td><td>Closed</td></tr>
 * </table>
 *
 * <p>Each transition begins an era. A call belongs to the era in which it was let through, and its
 * verdict counts in that era only: a call that began before the breaker opened can neither reopen
 * it nor close it.
 *
 * <p><b>Why calls do not run inside Vert.x's {@code execute}.</b> It forgets all failures at each
 * success, so its window is none; it knows no outcome that proves nothing (in HALF_OPEN such a
 * probe would close it or open it); a straggler's success closes it while the probe is still out;
 * and a stream's outcome is known long after its future. So the Vert.x breaker keeps the state and
 * the reset timer, and is told {@code open()} and {@code reset()}. It is touched on one event loop
 * only ({@code home}), in order, and {@code open()} never reaches it while it is open, since a
 * second reset timer would be armed.
 *
 * <p>Thread-safe: a call of a closed breaker takes no lock unless it fails; all else is a few steps
 * under this object's monitor. Announcements are made on {@code home}, in order, under no lock of
 * ours.
 */
final class Breaker {
  /** At most this many calls at once on probation. */
  static final int PROBATION_CALLS = 3;

  private sealed interface Phase {
    long era();

    BreakerState shown();
  }

  private record Closed(long era) implements Phase {
    @Override
    public BreakerState shown() {
      return BreakerState.CLOSED;
    }
  }

  private record Open(long era, long sinceNanos) implements Phase {
    @Override
    public BreakerState shown() {
      return BreakerState.OPEN;
    }
  }

  private record HalfOpen(long era, boolean probing) implements Phase {
    @Override
    public BreakerState shown() {
      return BreakerState.HALF_OPEN;
    }
  }

  private record Probation(long era, int missing, int underWay) implements Phase {
    @Override
    public BreakerState shown() {
      return BreakerState.HALF_OPEN;
    }
  }

  private final String provider;
  private final String model;
  private final BreakerSettings settings;
  private final Clock clock;
  private final Executor home;
  private final Consumer<BreakerChange> announce;
  private final CircuitBreaker circuit;
  private final FailureWindow failures;
  private volatile Phase phase = new Closed(0);
  private Instant since;

  Breaker(
      String provider,
      String model,
      BreakerSettings settings,
      Vertx vertx,
      Clock clock,
      Executor home,
      Consumer<BreakerChange> announce) {
    this.provider = provider;
    this.model = model;
    this.settings = settings;
    this.clock = clock;
    this.home = home;
    this.announce = announce;
    this.failures = new FailureWindow(settings.failures(), settings.window());
    this.since = clock.now();
    this.circuit =
        CircuitBreaker.create(
                name(),
                vertx,
                new CircuitBreakerOptions()
                    .setTimeout(-1)
                    .setMaxRetries(0)
                    .setNotificationAddress(null)
                    .setResetTimeout(Deadline.timerMillis(settings.reset())))
            .halfOpenHandler(_ -> resetTimePassed());
  }

  /** Lets a call through, which then has to report exactly once; empty if it is refused. */
  Optional<Permit> tryEnter() {
    return phase instanceof Closed closed
        ? Optional.of(new Permit(this, closed.era()))
        : tryEnterGuarded();
  }

  /** As {@link #tryEnter}, but never on probation: for who is not to use up its few places. */
  Optional<Permit> tryEnterIfClosed() {
    return phase instanceof Closed closed
        ? Optional.of(new Permit(this, closed.era()))
        : Optional.empty();
  }

  private synchronized Optional<Permit> tryEnterGuarded() {
    switch (phase) {
      case HalfOpen(var era, var probing) when !probing -> phase = new HalfOpen(era, true);
      case Probation(var era, var missing, var underWay)
          when underWay < Math.min(missing, PROBATION_CALLS) ->
          phase = new Probation(era, missing, underWay + 1);
      case Closed _ -> {}
      default -> {
        return Optional.empty();
      }
    }
    return Optional.of(new Permit(this, phase.era()));
  }

  /** Takes a call's verdict; called by its permit, once. */
  void report(long era, Verdict verdict) {
    if (verdict == Verdict.SICK || !(phase instanceof Closed)) {
      reportGuarded(era, verdict);
    }
  }

  private synchronized void reportGuarded(long era, Verdict verdict) {
    if (era != phase.era()) {
      return;
    }
    switch (phase) {
      case Closed _ -> {
        if (verdict == Verdict.SICK && failures.add(clock.nanoTime())) {
          open(settings.failures() + " failures within " + Deadline.words(settings.window()));
        }
      }
      case Open _ -> {}
      case HalfOpen _ -> {
        switch (verdict) {
          case WELL -> succeeded(settings.successes() - 1, 0);
          case SICK -> open("the probe failed");
          case UNKNOWN -> phase = new HalfOpen(era, false);
        }
      }
      case Probation(_, var missing, var underWay) -> {
        switch (verdict) {
          case WELL -> succeeded(missing - 1, underWay - 1);
          case SICK -> open("a call on probation failed");
          case UNKNOWN -> phase = new Probation(era, missing, underWay - 1);
        }
      }
    }
  }

  private void open(String reason) {
    move(new Open(phase.era() + 1, clock.nanoTime()), reason);
    home.execute(circuit::open);
  }

  private void succeeded(int missing, int underWay) {
    var before = phase;
    if (missing > 0) {
      // Within probation the era goes on: the calls that are under way still count.
      var era = before instanceof Probation ? before.era() : before.era() + 1;
      move(new Probation(era, missing, underWay), "the probe succeeded");
    } else {
      failures.clear();
      move(new Closed(before.era() + 1), settings.successes() + " successes in a row");
    }
    if (before instanceof HalfOpen) {
      home.execute(circuit::reset);
    }
  }

  /** Told by the Vert.x breaker, on {@code home}. */
  private synchronized void resetTimePassed() {
    if (phase instanceof Open open) {
      move(new HalfOpen(open.era() + 1, false), Deadline.words(settings.reset()) + " have passed");
    }
  }

  private void move(Phase to, String reason) {
    var from = phase;
    phase = to;
    if (from.shown() != to.shown()) {
      since = clock.now();
      var change = new BreakerChange(provider, model, from.shown(), to.shown(), since, reason);
      home.execute(() -> announce.accept(change));
    }
  }

  /** Provider and model, for messages. */
  String name() {
    return provider + "/" + model;
  }

  /** What remains until the next probe: zero unless it is open. */
  Duration untilProbe() {
    return phase instanceof Open open
        ? settings.reset().minusNanos(clock.nanoTime() - open.sinceNanos())
        : Duration.ZERO;
  }

  synchronized BreakerStatus status() {
    var wait = untilProbe();
    return new BreakerStatus(
        provider,
        model,
        phase.shown(),
        since,
        failures.count(clock.nanoTime()),
        wait.isNegative() ? Duration.ZERO : wait);
  }

  /** Whether nothing would be lost with it: closed, and no failure within the window. */
  synchronized boolean idle() {
    return phase instanceof Closed && failures.count(clock.nanoTime()) == 0;
  }
}
