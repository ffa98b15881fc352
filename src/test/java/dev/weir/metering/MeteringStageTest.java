package dev.weir.metering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeteringStageTest {
  private final Books books = new Books(1);
  private final List<String> told = new ArrayList<>();
  private final MeteringStage stage =
      new MeteringStage(
          books,
          (_, _, error) -> told.add(error.map(e -> e.code().name()).orElse("ok")),
          Clock.system());

  @Test
  void anAdmittedCallThatIsAnsweredLeavesOneRecord() {
    run(Exchanges.chat("a/b"), admits(Future.succeededFuture(whole())));

    assertThat(books.records)
        .singleElement()
        .satisfies(r -> assertThat(r.outcome()).isEqualTo(UsageRecord.Outcome.OK));
    assertThat(told).containsExactly("ok");
  }

  @Test
  void anAdmittedCallThatFailsLeavesOneRecordWithItsCode() {
    run(Exchanges.chat("a/b"), admits(Future.failedFuture(AIError.of(ErrorCode.TIMEOUT, "late"))));

    assertThat(books.records)
        .singleElement()
        .satisfies(r -> assertThat(r.error()).contains(ErrorCode.TIMEOUT));
  }

  @Test
  void aCallThatIsRefusedBeforeItsAdmissionLeavesNoneAndGivesItsRoomBack() {
    run(
        Exchanges.chat("a/b"),
        (_, _) -> Future.failedFuture(AIError.of(ErrorCode.QUOTA_EXCEEDED, "used up")));

    assertThat(books.records).isEmpty();
    assertThat(books.room).isEqualTo(1);
    assertThat(told).containsExactly("QUOTA_EXCEEDED");
  }

  @Test
  void aStreamIsRecordedJustBeforeItsEndIsSeen() {
    var scripted = new ScriptedStream();
    var reply =
        run(
            Exchanges.chat("a/b", true),
            admits(Future.succeededFuture(new Reply.Streamed(scripted))));
    var recordsAtEnd = new ArrayList<Integer>();
    ((Reply.Streamed) reply.result())
        .stream()
            .start(
                new IgnoringSink() {
                  @Override
                  public void end(dev.weir.gateway.Answer answer) {
                    recordsAtEnd.add(books.records.size());
                  }
                });
    assertThat(books.records).isEmpty();

    scripted.sink.end(Exchanges.answer("hi"));

    assertThat(recordsAtEnd).containsExactly(1);
  }

  @Test
  void aStreamThatTheCallerLeavesIsRecordedAsCancelled() {
    var scripted = new ScriptedStream();
    var reply =
        run(
            Exchanges.chat("a/b", true),
            admits(Future.succeededFuture(new Reply.Streamed(scripted))));
    ((Reply.Streamed) reply.result()).stream().start(new IgnoringSink());

    scripted.sink.fail(AIError.of(ErrorCode.CANCELLED, "gone"));

    assertThat(books.records)
        .singleElement()
        .satisfies(r -> assertThat(r.outcome()).isEqualTo(UsageRecord.Outcome.CANCELLED));
  }

  @Test
  void withoutRoomForARecordACallIsRefusedBeforeAnythingHappens() {
    books.room = 0;

    var reply = run(Exchanges.chat("a/b"), admits(Future.succeededFuture(whole())));

    assertThat(reply.cause())
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
    assertThat(books.records).isEmpty();
  }

  private Future<Reply> run(Exchange x, Stage rest) {
    return Chain.of(List.of(stage, rest)).proceed(x);
  }

  private static Reply whole() {
    return new Reply.Whole(Exchanges.answer("hi"));
  }

  private static Stage admits(Future<Reply> reply) {
    return (x, _) -> {
      x.tally().admit();
      return reply;
    };
  }

  /** A journal in memory. */
  private static final class Books implements Journal {
    private final List<UsageRecord> records = new ArrayList<>();
    private int room;

    private Books(int room) {
      this.room = room;
    }

    @Override
    public boolean reserve() {
      return room-- > 0;
    }

    @Override
    public void release() {
      room++;
    }

    @Override
    public void append(UsageRecord record) {
      records.add(record);
    }
  }

  private static final class ScriptedStream implements AnswerStream {
    private Sink sink = new IgnoringSink();

    @Override
    public void start(Sink to) {
      sink = to;
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}
  }

  private static class IgnoringSink implements AnswerStream.Sink {
    @Override
    public void part(AnswerStream.Part part) {}

    @Override
    public void end(dev.weir.gateway.Answer answer) {}

    @Override
    public void fail(AIError error) {}
  }
}
