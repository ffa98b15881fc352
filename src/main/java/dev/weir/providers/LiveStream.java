package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * A stream between a provider's reader, which pushes parts, and the sink, which may rest. What is
 * held back is at most what one chunk of the socket contained, since the {@link Flow} is paused
 * while anything waits.
 *
 * <p>Until its first part or its end it is only a future ({@link #reply}): an error before that
 * fails the future, an error after it goes to the sink. Confined to the call's event loop.
 */
final class LiveStream implements AnswerStream {
  /** Where parts come from: the socket, or the sandbox's clock. */
  interface Flow {
    /** Stops sending, soon. */
    void pause();

    /** Goes on. */
    void resume();
  }

  private final Exchange x;
  private final Flow flow;
  private final Promise<Reply> reply = Promise.promise();
  private final Deque<Part> waiting = new ArrayDeque<>();
  private final StringBuilder text = new StringBuilder();
  private Optional<Sink> sink = Optional.empty();
  private Optional<Answer> answer = Optional.empty();
  private Optional<AIError> failure = Optional.empty();
  private Runnable forget = () -> {};
  private boolean opened;
  private boolean paused;
  private boolean delivering;
  private boolean told;

  LiveStream(Exchange x, Flow flow) {
    this.x = x;
    this.flow = flow;
    this.forget = x.cancellation().onCancel(this::cancelled);
  }

  /** Completed by the first part or the end, failed by an error before. */
  Future<Reply> reply() {
    return reply.future();
  }

  /** All text so far. */
  String text() {
    return text.toString();
  }

  /** Whether its end is known. */
  boolean ended() {
    return answer.isPresent() || failure.isPresent();
  }

  /**
   * One more part from the provider; ignored after the end.
   *
   * @throws AIError {@code PROVIDER_ERROR} where all text were more than is read of a whole answer
   */
  void part(Part part) {
    if (ended()) {
      return;
    }
    if (text.length() + part.text().length() > Reception.MAX_ANSWER_BYTES) {
      throw Failures.oversized(Reception.MAX_ANSWER_BYTES);
    }
    text.append(part.text());
    x.currentAttempt().produced(part.text());
    waiting.add(part);
    open();
    deliver();
    if (!waiting.isEmpty()) {
      flow.pause();
    }
  }

  /** The answer is complete. */
  void end(Answer complete) {
    if (!ended()) {
      answer = Optional.of(complete);
      open();
      deliver();
    }
  }

  /** The answer will not be complete; parts that are here are delivered first. */
  void fail(AIError error) {
    if (!ended()) {
      failure = Optional.of(error);
      if (opened) {
        deliver();
      } else {
        forget.run();
        reply.tryFail(error);
      }
    }
  }

  /** The call is over: what waits is dropped, and the sink is told at once, even if it rests. */
  private void cancelled(AIError why) {
    if (told) {
      return;
    }
    waiting.clear();
    answer = Optional.empty();
    failure = Optional.of(why);
    if (opened) {
      sink.ifPresent(_ -> tell());
    } else {
      reply.tryFail(why);
    }
  }

  private void open() {
    if (!opened) {
      opened = true;
      reply.tryComplete(new Reply.Streamed(this));
    }
  }

  @Override
  public void start(Sink receiver) {
    if (sink.isPresent()) {
      throw new IllegalStateException("a stream is started once");
    }
    sink = Optional.of(receiver);
    flowOn();
  }

  @Override
  public void pause() {
    paused = true;
    flow.pause();
  }

  @Override
  public void resume() {
    paused = false;
    flowOn();
  }

  private void flowOn() {
    deliver();
    if (!paused && waiting.isEmpty() && !ended()) {
      flow.resume();
    }
  }

  /** Hands on what waits, then the end. The sink may pause, resume or cancel from within. */
  private void deliver() {
    if (sink.isEmpty() || delivering) {
      return;
    }
    delivering = true;
    try {
      while (!paused && !told) {
        var next = waiting.poll();
        if (next == null) {
          break;
        }
        sink.get().part(next);
      }
    } finally {
      delivering = false;
    }
    if (!paused && waiting.isEmpty() && ended()) {
      tell();
    }
  }

  private void tell() {
    if (!told) {
      told = true;
      forget.run();
      var receiver = sink.orElseThrow();
      answer.ifPresentOrElse(receiver::end, () -> receiver.fail(failure.orElseThrow()));
    }
  }
}
