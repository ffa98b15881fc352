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
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The outermost stage: every admitted call leaves exactly one record, in the journal before the
 * last byte of its reply leaves. A call that was refused before its admission leaves none. One per
 * event loop, confined to it.
 */
public final class MeteringStage implements Stage {
  private static final Logger LOG = LogManager.getLogger(MeteringStage.class);
  private static final Duration FULL_WAIT = Duration.ofSeconds(1);

  private final CallJournal journal;
  private final CallListener listener;
  private final Clock clock;

  /**
   * A metering stage.
   *
   * @param journal takes the marks of this event loop's calls
   * @param listener is told of every call that ends, admitted or not
   * @param clock measures the calls
   */
  public MeteringStage(CallJournal journal, CallListener listener, Clock clock) {
    this.journal = journal;
    this.listener = listener;
    this.clock = clock;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    return journal.open(x).map(entry -> handle(x, next, entry)).orElseGet(MeteringStage::full);
  }

  private Future<Reply> handle(Exchange x, Chain next, CallJournal.Entry entry) {
    x.tally().marks(entry);
    return next.proceed(x)
        .transform(
            outcome -> {
              if (outcome.failed()) {
                var error = AIError.from(outcome.cause());
                return finish(x, entry, Optional.of(error))
                    .transform(_ -> Future.failedFuture(error));
              }
              return switch (outcome.result()) {
                case Reply.Whole whole -> finish(x, entry, Optional.empty()).map(whole);
                case Reply.Streamed streamed ->
                    Future.succeededFuture(
                        new Reply.Streamed(
                            streamed.stream().ending(error -> finish(x, entry, error))));
              };
            });
  }

  private Future<Void> finish(Exchange x, CallJournal.Entry entry, Optional<AIError> error) {
    var took = Duration.ofNanos(clock.nanoTime() - x.origin().arrivedNanos());
    try {
      return mark(x, entry, took, error);
    } catch (RuntimeException e) {
      // The record of its admission stays, and is billed by estimate when the journal is replayed.
      LOG.error("The end of call {} could not be marked", x.origin().id(), e);
      return Future.failedFuture(e);
    } finally {
      tell(x, took, error);
    }
  }

  private static Future<Void> mark(
      Exchange x, CallJournal.Entry entry, Duration took, Optional<AIError> error) {
    if (x.tally().admitted()) {
      return entry.finished(x, took, error.map(AIError::code));
    }
    entry.release();
    return Future.succeededFuture();
  }

  /** Who only watches must not be able to spoil a call. */
  private void tell(Exchange x, Duration took, Optional<AIError> error) {
    try {
      listener.finished(x, took, error);
    } catch (RuntimeException e) {
      LOG.error("The end of call {} could not be reported", x.origin().id(), e);
    }
  }

  private static Future<Reply> full() {
    return Future.failedFuture(
        AIError.of(
                ErrorCode.OVERLOADED,
                "The journal of usage is full, so no call can be recorded; try again shortly.")
            .retryAfter(FULL_WAIT));
  }
}
