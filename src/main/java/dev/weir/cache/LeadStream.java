package dev.weir.cache;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Cancellation;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a call that others wait for. A caller that reads slowly holds up nobody but itself:
 * up to so many characters are taken from the provider ahead of it, and whoever waits is told of
 * the end when it comes, not when it is read. Confined to the call's event loop.
 */
final class LeadStream implements AnswerStream, AnswerStream.Sink {
  private final AnswerStream inner;
  private final Cancellation cancellation;
  private final Consumer<Answer> onEnd;
  private final Consumer<AIError> onFail;
  private final int most;
  private final ArrayDeque<Part> ahead = new ArrayDeque<>();
  private @Nullable Sink sink;
  private @Nullable Answer answer;
  private int characters;
  private boolean resting;
  private boolean innerResting;
  private boolean draining;
  private Runnable forget = () -> {};

  /**
   * A stream ahead of its reader.
   *
   * @param cancellation of the call that reads
   * @param onEnd told of a complete answer, at once
   * @param onFail told of a broken one, at once
   * @param most so many characters ahead
   */
  LeadStream(
      AnswerStream inner,
      Cancellation cancellation,
      Consumer<Answer> onEnd,
      Consumer<AIError> onFail,
      int most) {
    this.inner = inner;
    this.cancellation = cancellation;
    this.onEnd = onEnd;
    this.onFail = onFail;
    this.most = most;
  }

  @Override
  public void start(Sink receiver) {
    sink = receiver;
    inner.start(this);
  }

  @Override
  public void pause() {
    resting = true;
  }

  @Override
  public void resume() {
    resting = false;
    drain();
  }

  @Override
  public void part(Part part) {
    if (!resting && ahead.isEmpty() && sink != null) {
      sink.part(part);
      return;
    }
    ahead.add(part);
    characters += part.text().length() + part.wire().length();
    if (characters > most && !innerResting) {
      innerResting = true;
      inner.pause();
    }
  }

  @Override
  public void end(Answer whole) {
    onEnd.accept(whole);
    answer = whole;
    // From here on nothing below tells of a cancellation, and the reader may rest for ever.
    forget = cancellation.onCancel(this::cancelled);
    drain();
  }

  private void cancelled(AIError reason) {
    if (answer != null && sink != null) {
      answer = null;
      ahead.clear();
      sink.fail(reason);
    }
  }

  /** What was read ahead of a stream that broke is not read any more. */
  @Override
  public void fail(AIError error) {
    onFail.accept(error);
    ahead.clear();
    if (sink != null) {
      sink.fail(error);
    }
  }

  private void drain() {
    if (draining || sink == null) {
      return;
    }
    draining = true;
    while (!resting && !ahead.isEmpty()) {
      var part = ahead.poll();
      characters -= part.text().length() + part.wire().length();
      sink.part(part);
    }
    draining = false;
    if (ahead.isEmpty() && answer != null) {
      var whole = answer;
      answer = null;
      forget.run();
      sink.end(whole);
    } else if (innerResting && characters <= most / 2) {
      innerResting = false;
      inner.resume();
    }
  }
}
