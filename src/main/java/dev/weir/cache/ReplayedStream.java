package dev.weir.cache;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Cancellation;
import io.vertx.core.buffer.Buffer;

/**
 * A whole answer as a stream: in parts of bounded length, never faster than they are taken.
 * Confined to the call's event loop.
 */
final class ReplayedStream implements AnswerStream {
  /** So many UTF-16 units in a part; a few words of a model are some tens. */
  private static final int PART = 2048;

  private static final Buffer NO_WIRE = Buffer.buffer(0);

  private final Answer answer;
  private final Cancellation cancellation;
  private Sink sink = NOBODY;
  private int at;
  private boolean resting;
  private boolean running;
  private boolean over;
  private Runnable forget = () -> {};

  private static final Sink NOBODY =
      new Sink() {
        @Override
        public void part(Part part) {}

        @Override
        public void end(Answer answer) {}

        @Override
        public void fail(AIError error) {}
      };

  ReplayedStream(Answer answer, Cancellation cancellation) {
    this.answer = answer;
    this.cancellation = cancellation;
  }

  @Override
  public void start(Sink receiver) {
    sink = receiver;
    forget = cancellation.onCancel(this::cancelled);
    run();
  }

  /** At once, even while the receiver rests: it may never ask for more. */
  private void cancelled(AIError reason) {
    if (!over) {
      over = true;
      sink.fail(reason);
    }
  }

  @Override
  public void pause() {
    resting = true;
  }

  @Override
  public void resume() {
    resting = false;
    run();
  }

  /** A receiver that asks for a rest and goes on within a part does not run this twice. */
  private void run() {
    if (running || over || sink == NOBODY) {
      return;
    }
    running = true;
    while (!resting && !over) {
      step();
    }
    running = false;
  }

  private void step() {
    var text = answer.text();
    if (at == text.length()) {
      over = true;
      forget.run();
      sink.end(answer);
    } else {
      var end = Math.min(text.length(), at + PART);
      // Never between the halves of a character.
      if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
        end--;
      }
      var part = new Part(text.substring(at, end), NO_WIRE);
      at = end;
      sink.part(part);
    }
  }
}
