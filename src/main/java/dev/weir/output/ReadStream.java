package dev.weir.output;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Tally;
import java.util.Optional;

/**
 * A function's answer as a stream: the parts pass as they come, with looks at the value so far
 * where they are wanted; at the end the whole is read, and the end carries the value, or the stream
 * fails.
 */
record ReadStream(
    AnswerStream inner, AnswerReader reader, Optional<PartialValues> looks, Tally tally)
    implements AnswerStream {
  @Override
  public void start(Sink sink) {
    inner.start(
        new Sink() {
          @Override
          public void part(Part part) {
            sink.part(looks.map(l -> l.on(part)).orElse(part));
          }

          @Override
          public void end(Answer answer) {
            var reading = read(answer);
            reading.outcome().ifPresent(tally::output);
            switch (reading) {
              case Reading.Fits fits -> {
                tally.repaired(fits.repairs());
                sink.end(answer.with(fits.value()));
              }
              case Reading.Misfit misfit -> sink.fail(misfit.error());
            }
          }

          @Override
          public void fail(AIError error) {
            sink.fail(error);
          }
        });
  }

  /** A fault of ours in reading ends the stream; thrown, it would leave it without an end. */
  private Reading read(Answer answer) {
    try {
      return reader.read(answer);
    } catch (RuntimeException e) {
      return new Reading.Misfit(AIError.from(e), "", false, Optional.empty());
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
}
