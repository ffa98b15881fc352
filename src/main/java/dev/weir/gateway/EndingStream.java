package dev.weir.gateway;

import dev.weir.core.AIError;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Function;

/** A stream whose end waits for something; see {@link AnswerStream#ending}. */
record EndingStream(AnswerStream inner, Function<Optional<AIError>, Future<Void>> before)
    implements AnswerStream {

  @Override
  public void start(Sink sink) {
    inner.start(
        new Sink() {
          @Override
          public void part(Part part) {
            sink.part(part);
          }

          @Override
          public void end(Answer answer) {
            before.apply(Optional.empty()).onComplete(_ -> sink.end(answer), e -> failed(sink, e));
          }

          @Override
          public void fail(AIError error) {
            before.apply(Optional.of(error)).onComplete(_ -> sink.fail(error));
          }
        });
  }

  private static void failed(Sink sink, Throwable failure) {
    sink.fail(AIError.from(failure));
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
