package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Exchange;
import java.time.Duration;

/** What the end of an attempt says about its provider. */
enum Verdict {
  /** It answered to the end. */
  WELL,
  /** It failed, and it was its own fault. */
  SICK,
  /** Neither: cancelled, refused before it was sent, or the caller's mistake. */
  UNKNOWN;

  /**
   * The verdict of a failed attempt.
   *
   * <p>A deadline that passed counts only if something was sent, and if the provider had at least
   * half of the time that the function (or a plain chat) grants by itself: else anyone could open a
   * breaker for everyone with a few short {@code timeout_ms}, and a retry that began in the last
   * second would count as an outage.
   *
   * <p>Weir's own calls prove nothing: a candidate that asks too much of a model must not close it
   * to callers.
   *
   * @param x the exchange of that attempt
   * @param had the time that the provider had, without that in which the stream's receiver rested
   */
  static Verdict of(AIError error, Exchange x, Duration had) {
    if (x.principal().isWeir() || !error.code().countsAgainstBreaker()) {
      return UNKNOWN;
    }
    return error.code() != ErrorCode.TIMEOUT || fair(x, had) ? SICK : UNKNOWN;
  }

  private static boolean fair(Exchange x, Duration had) {
    return x.currentAttempt().sent() && had.compareTo(Deadline.standard(x).dividedBy(2)) >= 0;
  }
}
