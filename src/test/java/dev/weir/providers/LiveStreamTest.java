package dev.weir.providers;

import static dev.weir.providers.Fixtures.chat;
import static dev.weir.providers.Fixtures.exchange;
import static dev.weir.providers.Fixtures.target;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.AnswerStream.Part;
import dev.weir.gateway.Exchanges;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveStreamTest {
  private static final AIError BROKEN = AIError.of(ErrorCode.PROVIDER_ERROR, "It broke.");
  private static final AIError GONE = AIError.of(ErrorCode.CANCELLED, "The caller went away.");
  private static final Answer ANSWER = Exchanges.answer("ab");

  private final List<String> told = new ArrayList<>();
  private final List<String> flow = new ArrayList<>();
  private final dev.weir.gateway.Exchange x =
      exchange(chat("hi", true), target("perplexity/sonar"));
  private final LiveStream live =
      new LiveStream(
          x,
          new LiveStream.Flow() {
            @Override
            public void pause() {
              flow.add("pause");
            }

            @Override
            public void resume() {
              flow.add("resume");
            }
          });

  @Test
  void isNoReplyBeforeItsFirstPart() {
    assertThat(live.reply().isComplete()).isFalse();

    live.part(part("a"));

    assertThat(live.reply().succeeded()).isTrue();
  }

  @Test
  void failsItsReplyWhenItBreaksBefore() {
    live.fail(BROKEN);

    assertThat(live.reply().cause()).isSameAs(BROKEN);
  }

  @Test
  void holdsPartsAndTheFlowUntilItIsStarted() {
    live.part(part("a"));
    live.part(part("b"));
    live.end(ANSWER);

    assertThat(flow).contains("pause").doesNotContain("resume");
    live.start(sink());
    assertThat(told).containsExactly("a", "b", "end");
  }

  @Test
  void holdsPartsAndTheEndWhileItsReaderRests() {
    live.start(sink());
    live.part(part("a"));
    live.pause();
    live.part(part("b"));
    live.end(ANSWER);

    assertThat(told).containsExactly("a");
    live.resume();
    assertThat(told).containsExactly("a", "b", "end");
  }

  @Test
  void letsAReaderRestInTheMiddleOfADelivery() {
    live.part(part("a"));
    live.part(part("b"));
    live.start(
        new Telling() {
          @Override
          public void part(Part part) {
            super.part(part);
            live.pause();
          }
        });

    assertThat(told).containsExactly("a");
    live.resume();
    live.resume();
    assertThat(told).containsExactly("a", "b");
  }

  @Test
  void deliversWhatCameBeforeAFailure() {
    live.part(part("a"));
    live.fail(BROKEN);
    live.part(part("b"));
    live.end(ANSWER);
    live.start(sink());

    assertThat(told).containsExactly("a", "PROVIDER_ERROR");
  }

  @Test
  void tellsARestingReaderOfACancellationAtOnce() {
    live.start(sink());
    live.part(part("a"));
    live.pause();
    live.part(part("b"));
    live.end(ANSWER);

    x.cancellation().cancel(GONE);
    live.resume();

    assertThat(told).containsExactly("a", "CANCELLED");
  }

  @Test
  void failsForACallThatWasCancelledBeforeItWasStarted() {
    live.part(part("a"));
    x.cancellation().cancel(GONE);
    live.start(sink());

    assertThat(told).containsExactly("CANCELLED");
  }

  @Test
  void hasOneEnd() {
    live.start(sink());
    live.part(part("a"));
    live.end(ANSWER);
    live.fail(BROKEN);
    x.cancellation().cancel(GONE);

    assertThat(told).containsExactly("a", "end");
  }

  private static Part part(String text) {
    return new Part(text, Buffer.buffer());
  }

  private AnswerStream.Sink sink() {
    return new Telling();
  }

  private class Telling implements AnswerStream.Sink {
    @Override
    public void part(Part part) {
      told.add(part.text());
    }

    @Override
    public void end(Answer answer) {
      told.add("end");
    }

    @Override
    public void fail(AIError error) {
      told.add(error.code().name());
    }
  }
}
