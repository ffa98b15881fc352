package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * Guards each attempt by the breaker of its provider and model: refuses it with {@code
 * CIRCUIT_OPEN} while that is open, else lets it through and reports what came of it.
 *
 * <p>Every attempt that is let through reports exactly once, on whichever path it ends: a whole
 * answer, a failure, the end of its stream, or the cancellation of the call, even if what is below
 * hangs or nobody ever starts the stream. A stream is judged at its end. Weir's own calls go
 * through only while the breaker is closed, and prove nothing. Runs on the call's event loop.
 */
public final class BreakerStage implements Stage {
  /** While probes are out nobody knows how long they take; a moment is a fair guess. */
  private static final Duration A_MOMENT = Duration.ofSeconds(1);

  private final Breakers breakers;
  private final Clock clock;

  /**
   * A breaker stage.
   *
   * @param breakers the process's breakers
   * @param clock measures how long an attempt took
   */
  public BreakerStage(Breakers breakers, Clock clock) {
    this.breakers = breakers;
    this.clock = clock;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    var breaker = breakers.of(x.currentAttempt().target());
    var permit = x.principal().isWeir() ? breaker.tryEnterIfClosed() : breaker.tryEnter();
    return permit.isPresent()
        ? new GuardedAttempt(permit.get(), x, clock).run(next)
        : Future.failedFuture(refusal(breaker));
  }

  private static AIError refusal(Breaker breaker) {
    var untilProbe = breaker.untilProbe();
    var wait = untilProbe.isPositive() ? untilProbe : A_MOMENT;
    return AIError.of(
            ErrorCode.CIRCUIT_OPEN,
            "'"
                + breaker.name()
                + "' has failed repeatedly, so it is not asked for the moment; try again in "
                + wait.plusMillis(999).toSeconds()
                + " s.")
        .retryAfter(wait);
  }
}
