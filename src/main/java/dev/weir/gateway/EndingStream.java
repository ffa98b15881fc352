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
            ending(Optional.empty())
                .onComplete(_ -> sink.end(answer), e -> sink.fail(AIError.from(e)));
          }

          @Override
          public void fail(AIError error) {
            ending(Optional.of(error)).onComplete(_ -> sink.fail(error));
          }
        });
  }

  /** A throw fails it like anything else: the end must reach the caller on every path. */
  private Future<Void> ending(Optional<AIError> error) {
    return Future.succeededFuture().compose(_ -> before.apply(error));
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
