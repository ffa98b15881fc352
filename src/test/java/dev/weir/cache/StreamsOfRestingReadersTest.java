package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Cancellation;
import dev.weir.gateway.Exchanges;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Who stops reading and goes away must end its call, or its place among the calls is never free.
 */
class StreamsOfRestingReadersTest {
  private static final AIError GONE = AIError.of(ErrorCode.CANCELLED, "gone");

  private final Cancellation cancellation = new Cancellation();
  private final List<String> told = new ArrayList<>();

  private final AnswerStream.Sink sink =
      new AnswerStream.Sink() {
        @Override
        public void part(AnswerStream.Part part) {
          told.add("part");
        }

        @Override
        public void end(Answer answer) {
          told.add("end");
        }

        @Override
        public void fail(AIError error) {
          told.add(error.code().name());
        }
      };

  @Test
  void aReplayEndsWithTheCancellationEvenWhileItsReaderRests() {
    var stream = new ReplayedStream(Exchanges.answer("hello"), cancellation);
    stream.pause();
    stream.start(sink);

    cancellation.cancel(GONE);
    stream.resume();

    assertThat(told).containsExactly("CANCELLED");
  }

  @Test
  void aReplayThatWasReadTellsNothingOfALateCancellation() {
    new ReplayedStream(Exchanges.answer("hello"), cancellation).start(sink);

    cancellation.cancel(GONE);

    assertThat(told).endsWith("end").doesNotContain("CANCELLED");
  }

  @Test
  void aLeaderWhoseReaderRestsEndsWithTheCancellationAndKeepsTheAnswerForOthers() {
    var inner = new Inner();
    var ended = new ArrayList<Answer>();
    var stream = new LeadStream(inner, cancellation, ended::add, _ -> told.add("onFail"), 1_000);
    stream.pause();
    stream.start(sink);
    inner.sink.part(new AnswerStream.Part("hello", Buffer.buffer()));
    inner.sink.end(Exchanges.answer("hello"));

    cancellation.cancel(GONE);
    stream.resume();

    assertThat(ended).hasSize(1);
    assertThat(told).containsExactly("CANCELLED");
  }

  private static final class Inner implements AnswerStream {
    private Sink sink;

    @Override
    public void start(Sink receiver) {
      sink = receiver;
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}
  }
}
