package dev.weir.metering;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;

/**
 * The outermost stage: every admitted call leaves exactly one record, appended before the last byte
 * of its reply leaves. A call that was refused before its admission leaves none. Thread-safe.
 */
public final class MeteringStage implements Stage {
  private static final Duration FULL_WAIT = Duration.ofSeconds(1);

  private final Journal journal;
  private final CallListener listener;
  private final Clock clock;

  /**
   * A metering stage.
   *
   * @param journal takes the records
   * @param listener is told of every call that ends, admitted or not
   * @param clock dates and measures the calls
   */
  public MeteringStage(Journal journal, CallListener listener, Clock clock) {
    this.journal = journal;
    this.listener = listener;
    this.clock = clock;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    if (!journal.reserve()) {
      return Future.failedFuture(
          AIError.of(
                  ErrorCode.OVERLOADED,
                  "The queue of usage records is full, so no call can be recorded; try again"
                      + " shortly.")
              .retryAfter(FULL_WAIT));
    }
    var answered = next.proceed(x).onFailure(error -> finish(x, Optional.of(AIError.from(error))));
    return answered.map(
        reply ->
            reply.observed(
                _ -> finish(x, Optional.empty()), error -> finish(x, Optional.of(error))));
  }

  private void finish(Exchange x, Optional<AIError> error) {
    var took = Duration.ofNanos(clock.nanoTime() - x.origin().arrivedNanos());
    if (x.tally().admitted()) {
      journal.append(UsageRecord.of(x, clock.now(), took, error.map(AIError::code)));
    } else {
      journal.release();
    }
    listener.finished(x, took, error);
  }
}
