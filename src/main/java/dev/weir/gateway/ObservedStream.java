package dev.weir.gateway;

import dev.weir.core.AIError;
import java.util.function.Consumer;

/** A stream that tells an observer first; see {@link AnswerStream#observed}. */
record ObservedStream(
    AnswerStream inner, Consumer<Part> onPart, Consumer<Answer> onEnd, Consumer<AIError> onFail)
    implements AnswerStream {

  @Override
  public void start(Sink sink) {
    inner.start(
        new Sink() {
          @Override
          public void part(Part part) {
            onPart.accept(part);
            sink.part(part);
          }

          @Override
          public void end(Answer answer) {
            onEnd.accept(answer);
            sink.end(answer);
          }

          @Override
          public void fail(AIError error) {
            onFail.accept(error);
            sink.fail(error);
          }
        });
  }

  @Override
  public void pause() {
    inner.pause();
  }

  @Override
  public void resume() {
    inner.resume();
  }
}
