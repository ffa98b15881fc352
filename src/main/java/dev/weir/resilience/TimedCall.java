package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;

/**
 * One call under its deadline. It ends once: with its whole answer, its failure, the end of its
 * stream, or a little after its cancellation. Until then one timer is armed, the deadline's or,
 * after a cancellation, that of the grace. Confined to the call's event loop.
 */
final class TimedCall {
  /** What is below a cancelled call has this long to end by itself. */
  static final long GRACE_MILLIS = 10;

  private static final AnswerStream.Sink NOBODY =
      new AnswerStream.Sink() {
        @Override
        public void part(AnswerStream.Part part) {}

        @Override
        public void end(Answer answer) {}

        @Override
        public void fail(AIError error) {}
      };

  private final Vertx vertx;
  private final Exchange x;
  private final Promise<Reply> reply = Promise.promise();
  private Optional<TimedStream> stream = Optional.empty();
  private Runnable unlisten = () -> {};
  private long timer;
  private boolean over;

  TimedCall(Vertx vertx, Exchange x) {
    this.vertx = vertx;
    this.x = x;
  }

  Future<Reply> run(Chain next, Duration room) {
    timer =
        vertx.setTimer(
            Deadline.timerMillis(room), _ -> x.cancellation().cancel(Deadline.passed(x)));
    unlisten = x.cancellation().onCancel(this::cancelled);
    next.proceed(x).onComplete(this::arrived, e -> failed(AIError.from(e)));
    return reply.future();
  }

  private void cancelled(AIError reason) {
    // Another listener of the same cancellation may have ended the call just before.
    if (!over) {
      vertx.cancelTimer(timer);
      timer = vertx.setTimer(GRACE_MILLIS, _ -> giveUp(reason));
    }
  }

  private void giveUp(AIError reason) {
    if (finish()) {
      stream.ifPresentOrElse(s -> s.giveUp(reason), () -> reply.fail(reason));
    }
  }

  private void arrived(Reply arrived) {
    var reason = x.cancellation().reason();
    if (reason.isPresent()) {
      if (arrived instanceof Reply.Streamed late) {
        late.stream().start(NOBODY);
      }
      failed(reason.get());
      return;
    }
    switch (arrived) {
      case Reply.Whole whole -> {
        if (finish()) {
          reply.complete(whole);
        }
      }
      case Reply.Streamed streamed -> {
        var timed = new TimedStream(streamed.stream());
        stream = Optional.of(timed);
        reply.complete(new Reply.Streamed(timed));
      }
    }
  }

  private void failed(AIError error) {
    if (finish()) {
      reply.fail(error);
    }
  }

  /** Ends the call, unless it has ended already. */
  private boolean finish() {
    if (over) {
      return false;
    }
    over = true;
    vertx.cancelTimer(timer);
    unlisten.run();
    return true;
  }

  /** The stream that is handed out: it ends with the call, whatever the one below does. */
  private final class TimedStream implements AnswerStream, AnswerStream.Sink {
    private final AnswerStream inner;
    private Sink sink = NOBODY;
    private boolean started;
    private Optional<AIError> givenUp = Optional.empty();

    TimedStream(AnswerStream inner) {
      this.inner = inner;
    }

    @Override
    public void start(Sink receiver) {
      if (givenUp.isPresent()) {
        receiver.fail(givenUp.get());
      } else {
        started = true;
        sink = receiver;
        inner.start(this);
      }
    }

    @Override
    public void pause() {
      inner.pause();
    }

    @Override
    public void resume() {
      inner.resume();
    }

    @Override
    public void part(Part part) {
      if (!over) {
        sink.part(part);
      }
    }

    @Override
    public void end(Answer answer) {
      if (finish()) {
        sink.end(answer);
      }
    }

    @Override
    public void fail(AIError error) {
      if (finish()) {
        sink.fail(error);
      }
    }

    /** The one below did not end in time, or nobody has started it: end without it. */
    private void giveUp(AIError reason) {
      givenUp = Optional.of(reason);
      if (started) {
        sink.fail(reason);
      } else {
        inner.start(NOBODY);
      }
    }
  }
}
