package dev.weir.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.BreakerSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random sequences of calls, outcomes and pauses under a seed, against a reference that is written
 * for clarity alone: it keeps every failure it ever saw and knows nothing of Vert.x.
 */
class BreakerModelTest {
  private final VirtualTime time = new VirtualTime();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void agreesWithTheReferenceAfterEveryStep(long seed) {
    var random = new Random(seed);
    var settings =
        new BreakerSettings(
            1 + random.nextInt(6),
            Duration.ofMillis(500 + random.nextInt(2000)),
            Duration.ofMillis(100 + random.nextInt(900)),
            1 + random.nextInt(5));
    var breaker = new Breaker("p", "m", settings, time.vertx(), time, Runnable::run, _ -> {});
    var reference = new Reference(settings);
    List<Permit> permits = new ArrayList<>();
    List<Ticket> tickets = new ArrayList<>();
    var openings = 0;

    for (var step = 0; step < 20_000; step++) {
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          var permit = breaker.tryEnter();
          var ticket = reference.enter(now());
          assertThat(permit.isPresent()).isEqualTo(ticket.admitted());
          permit.ifPresent(permits::add);
          if (ticket.admitted()) {
            tickets.add(ticket);
          }
        }
        case 2, 3 -> {
          if (!permits.isEmpty()) {
            var i = random.nextInt(permits.size());
            var verdict = verdict(random);
            permits.remove(i).report(verdict);
            openings += reference.end(tickets.remove(i), verdict, now()) ? 1 : 0;
          }
        }
        default -> time.passMillis(random.nextInt(60));
      }
      assertThat(breaker.status().state()).isEqualTo(reference.shown(now()));
      assertThat(time.timers()).isLessThanOrEqualTo(1);
    }

    assertThat(openings).as("the sequence is lively enough to mean something").isGreaterThan(20);
  }

  private long now() {
    return time.passed().toMillis();
  }

  private static Verdict verdict(Random random) {
    var n = random.nextInt(10);
    return n < 5 ? Verdict.WELL : n < 8 ? Verdict.SICK : Verdict.UNKNOWN;
  }

  private record Ticket(boolean admitted, int outage, int trial) {}

  /**
   * Counts outages: a call belongs to the outage before which, or on whose trial, it was let in.
   */
  private static final class Reference {
    private final BreakerSettings settings;
    private final List<Long> failures = new ArrayList<>();
    private boolean down;
    private long openedAt;
    private int outage;
    private int trial;
    private int successes;
    private int out;

    Reference(BreakerSettings settings) {
      this.settings = settings;
    }

    private boolean open(long now) {
      return down && now < openedAt + settings.reset().toMillis();
    }

    BreakerState shown(long now) {
      return !down ? BreakerState.CLOSED : open(now) ? BreakerState.OPEN : BreakerState.HALF_OPEN;
    }

    Ticket enter(long now) {
      if (!down) {
        return new Ticket(true, outage, 0);
      }
      var places =
          successes == 0 ? 1 : Math.min(settings.successes() - successes, Breaker.PROBATION_CALLS);
      if (open(now) || out >= places) {
        return new Ticket(false, outage, 0);
      }
      out++;
      return new Ticket(true, outage, trial);
    }

    /** True if that opened it. */
    boolean end(Ticket ticket, Verdict verdict, long now) {
      if (ticket.outage() != outage || ticket.trial() != trial || open(now)) {
        return false;
      }
      return down ? endTrial(verdict, now) : endPlain(verdict, now);
    }

    private boolean endPlain(Verdict verdict, long now) {
      if (verdict == Verdict.SICK) {
        failures.add(now);
        var recent = failures.stream().filter(f -> now - f < settings.window().toMillis()).count();
        return recent >= settings.failures() && goDown(now);
      }
      return false;
    }

    private boolean endTrial(Verdict verdict, long now) {
      out--;
      switch (verdict) {
        case SICK -> {
          return goDown(now);
        }
        case WELL -> {
          if (++successes >= settings.successes()) {
            down = false;
            trial = 0;
            outage++;
            failures.clear();
          }
        }
        case UNKNOWN -> {}
      }
      return false;
    }

    private boolean goDown(long now) {
      down = true;
      openedAt = now;
      trial++;
      out = 0;
      successes = 0;
      return true;
    }
  }
}
