package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Exchange;
import dev.weir.prompts.TimeoutRange;
import java.time.Duration;

/** The moment at which a call must be over: its arrival and its plan's timeout together. */
final class Deadline {
  private Deadline() {}

  /** What is left of the call's time; zero or negative once it is over. */
  static Duration room(Exchange x, Clock clock) {
    var gone = clock.nanoTime() - x.origin().arrivedNanos();
    return x.plan().timeout().minusNanos(gone);
  }

  /** The deadline that the call would have had, had its caller named none. */
  static Duration standard(Exchange x) {
    return range(x).standard();
  }

  /** What the caller hears when it passes: how long it was and how to get more. */
  static AIError passed(Exchange x) {
    var plan = x.plan();
    var timeout = plan.timeout();
    var max = range(x).max();
    var more =
        timeout.compareTo(max) < 0
            ? "Ask for more time with "
                + plan.function().map(_ -> "options.timeout_ms").orElse("x-weir-timeout-ms")
                + ", up to "
                + words(max)
                + "."
            : plan.function()
                .map(
                    f ->
                        "That is the most that the function '"
                            + f.name()
                            + "' allows; its file can raise it (timeout.max).")
                .orElse("That is the most that one call may take.");
    return AIError.of(
            ErrorCode.TIMEOUT,
            "The answer was not complete within the call's deadline of "
                + words(timeout)
                + ". "
                + more)
        .with("timeout_ms", timeout.toMillis());
  }

  private static TimeoutRange range(Exchange x) {
    return x.plan().function().map(f -> f.timeout()).orElse(TimeoutRange.DEFAULT);
  }

  /** A duration as people read it: {@code 60 s}, {@code 1.5 s} or {@code 250 ms}. */
  static String words(Duration duration) {
    var millis = duration.toMillis();
    if (millis < 1000) {
      return millis + " ms";
    }
    return millis % 1000 == 0 ? millis / 1000 + " s" : millis / 1000.0 + " s";
  }

  /** Whole milliseconds for a timer: rounded up, since a timer must not fire early; at least 1. */
  static long timerMillis(Duration duration) {
    return Math.max(1, duration.plusNanos(999_999).toMillis());
  }
}
