package dev.weir.jobs;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.Function;

/**
 * Work that is done once per period by one node of all.
 *
 * @param name its key in {@code job_leases}: the same on every node, unlike any other job's
 * @param period from the start of one run to the start of the next; a run that takes longer delays
 *     the next and is never overtaken by it
 * @param timeToLive how long its leadership outlives its holder: after a crash another node takes
 *     over within this time. Longer than any transaction that the body makes
 * @param body the work. It is called on an event loop and must not block; it runs at once when a
 *     node begins to lead and then every period, so a change of leader may bring a run forward:
 *     doing it twice must do no harm. It may fail: that is logged, and the next period tries again
 */
public record Job(
    String name, Duration period, Duration timeToLive, Function<Turn, Future<?>> body) {
  private static final Duration USUAL_TIME_TO_LIVE = Duration.ofMinutes(1);
  private static final Duration LEAST = Duration.ofMillis(10);

  /** Checks the times. */
  public Job {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a job needs a name");
    }
    if (period.compareTo(LEAST) < 0 || timeToLive.compareTo(LEAST) < 0) {
      throw new IllegalArgumentException("a job's times are at least " + LEAST.toMillis() + " ms");
    }
  }

  /** A job whose leadership lives for a minute. */
  public static Job every(Duration period, String name, Function<Turn, Future<?>> body) {
    return new Job(name, period, USUAL_TIME_TO_LIVE, body);
  }

  /** How often its leadership is renewed, or asked for. */
  Duration beat() {
    var third = timeToLive.dividedBy(3);
    return period.compareTo(third) < 0 ? period : third;
  }
}
