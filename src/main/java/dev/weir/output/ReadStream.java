package dev.weir.output;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Tally;

/**
 * A function's answer as a stream: the parts pass as they come; at the end the whole is read, and
 * the end carries the value, or the stream fails.
 */
record ReadStream(AnswerStream inner, AnswerReader reader, Tally tally) implements AnswerStream {
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
            switch (read(answer)) {
              case Reading.Fits(var value, var edits) -> {
                edits.forEach(tally::repaired);
                sink.end(answer.with(value));
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
      return new Reading.Misfit(AIError.from(e), "", false);
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
