package dev.weir.metering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.JournalSettings.Durability;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.CallMarks;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import dev.weir.journal.JournalDirectory;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeteringStageTest {
  @TempDir Path root;
  private final List<String> told = new ArrayList<>();
  private JournalDirectory directory;
  private MeteringStage stage;

  @BeforeEach
  void open() throws IOException {
    directory = JournalDirectory.open(root, UUID.randomUUID(), bounds(), 1);
    stage = stage(Durability.PROCESS);
  }

  @AfterEach
  void close() {
    directory.close(true);
  }

  @Test
  void anAdmittedCallThatIsAnsweredLeavesItsBeginningAndItsEnd() {
    var x = Exchanges.chat("a/b");

    run(x, admits(Future.succeededFuture(whole())));

    var marks = marks();
    assertThat(marks).hasSize(2);
    var admitted = ((Mark.Admitted) marks.getFirst()).record();
    var ended = ((Mark.Finished) marks.getLast()).record();
    assertThat(admitted.outcome()).isEqualTo(UsageRecord.Outcome.INTERRUPTED);
    assertThat(ended.outcome()).isEqualTo(UsageRecord.Outcome.OK);
    assertThat(ended.id()).isEqualTo(admitted.id()).isEqualTo(x.origin().id());
    // Half of the row's key: the same in both, whatever the clocks did in between.
    assertThat(ended.startedAt()).isEqualTo(admitted.startedAt());
    assertThat(told).containsExactly("ok");
  }

  @Test
  void anAdmittedCallThatFailsLeavesItsEndWithTheCode() {
    run(Exchanges.chat("a/b"), admits(Future.failedFuture(AIError.of(ErrorCode.TIMEOUT, "late"))));

    assertThat(((Mark.Finished) marks().getLast()).record().error()).contains(ErrorCode.TIMEOUT);
  }

  @Test
  void aCallThatIsRefusedBeforeItsAdmissionLeavesNothingAndGivesItsRoomBack() {
    for (var i = 0; i < 2_000; i++) {
      run(
          Exchanges.chat("a/b"),
          (_, _) -> Future.failedFuture(AIError.of(ErrorCode.QUOTA_EXCEEDED, "used up")));
    }

    assertThat(marks()).isEmpty();
    assertThat(told).hasSize(2_000).containsOnly("QUOTA_EXCEEDED");
  }

  @Test
  void aSecondThreadIsRefusedAndSpoilsNoMark() throws InterruptedException {
    var x = Exchanges.chat("a/b");
    var answer = Promise.<Reply>promise();
    var reply = stage.handle(x, Chain.of(List.of(admits(answer.future()))));

    Thread.ofPlatform().start(() -> answer.complete(whole())).join();

    assertThat(reply.failed()).isTrue();
    assertThat(reply.cause()).hasMessageContaining("was used by");
    // It is billed by estimate when the journal is replayed.
    assertThat(marks()).singleElement().isInstanceOf(Mark.Admitted.class);
  }

  @Test
  void whoOnlyWatchesCannotSpoilACall() {
    var watched =
        new MeteringStage(
            new CallJournal(directory, 0, Durability.PROCESS, Clock.system()),
            (_, _, _) -> {
              throw new IllegalStateException("the watcher stumbles");
            },
            Clock.system());
    var x = Exchanges.chat("a/b");

    var reply = watched.handle(x, Chain.of(List.of(admits(Future.succeededFuture(whole())))));

    assertThat(reply.succeeded()).isTrue();
    assertThat(marks().getLast()).isInstanceOf(Mark.Finished.class);
  }

  @Test
  void aStreamWhoseEndCannotBeKeptStillEnds() {
    var scripted = new ScriptedStream();
    var failure = new ArrayList<AIError>();
    scripted
        .ending(
            _ -> {
              throw new IllegalStateException("no room");
            })
        .start(
            new IgnoringSink() {
              @Override
              public void fail(AIError error) {
                failure.add(error);
              }
            });

    scripted.sink.end(Exchanges.answer("hi"));

    assertThat(failure).extracting(AIError::code).containsExactly(ErrorCode.INTERNAL);
  }

  @Test
  void aStreamIsRecordedJustBeforeItsEndIsSeen() {
    var scripted = new ScriptedStream();
    var reply =
        run(
            Exchanges.chat("a/b", true),
            admits(Future.succeededFuture(new Reply.Streamed(scripted))));
    var marksAtEnd = new ArrayList<Mark>();
    ((Reply.Streamed) reply.result())
        .stream()
            .start(
                new IgnoringSink() {
                  @Override
                  public void end(Answer answer) {
                    marksAtEnd.addAll(marks());
                  }
                });

    scripted.sink.end(Exchanges.answer("hi"));

    assertThat(marksAtEnd).hasSize(2);
    assertThat(marksAtEnd.getLast()).isInstanceOf(Mark.Finished.class);
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

    assertThat(((Mark.Finished) marks().getLast()).record().outcome())
        .isEqualTo(UsageRecord.Outcome.CANCELLED);
  }

  @Test
  void anAttemptThatIsSentIsMarkedWithHowFarItCame() {
    var x = Exchanges.chat("a/b");
    var attempt = new Attempt(UUID.randomUUID(), 1, Exchanges.target("a/b"));
    run(
        x,
        admits(
            at -> {
              attempt.marks(at.tally().marks().attempt(at.with(attempt)).orElseThrow());
              attempt.markSent();
              attempt.produced("twelve chars");
              return Future.future(_ -> {});
            }));

    var sent = (Mark.Sent) marks().getLast();
    assertThat(sent.call()).isEqualTo(x.origin().id());
    assertThat(sent.attempt()).isEqualTo(attempt.id());
    assertThat(sent.promptCharacters()).isEqualTo("Say hello to me\n".length());
    assertThat(sent.progress().characters()).isEqualTo(12);
  }

  @Test
  void anAttemptThatIsSettledIsMarkedWithItsCost() {
    var attempt = new Attempt(UUID.randomUUID(), 1, Exchanges.target("a/b"));
    run(
        Exchanges.chat("a/b"),
        admits(
            at -> {
              attempt.marks(at.tally().marks().attempt(at.with(attempt)).orElseThrow());
              attempt.markSent();
              attempt.marks().settled(Optional.of(new Usd(77)));
              attempt.produced("too late to matter");
              return Future.future(_ -> {});
            }));

    assertThat(((Mark.Sent) marks().getLast()).progress().cost()).contains(new Usd(77));
  }

  @Test
  void aFullJournalRefusesNewCallsAndHasRoomForTheEndOfEveryAdmittedOne() {
    var ends = new ArrayList<io.vertx.core.Promise<Reply>>();
    var outcomes = new ArrayList<Future<Reply>>();
    do {
      var end = io.vertx.core.Promise.<Reply>promise();
      ends.add(end);
      outcomes.add(run(Exchanges.chat("a/b"), admits(end.future())));
    } while (!outcomes.getLast().failed() || ends.size() < 2);
    var refused = outcomes.removeLast();
    assertThat(refused.cause())
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
    ends.removeLast();

    ends.forEach(end -> end.complete(whole()));

    assertThat(outcomes).isNotEmpty().allMatch(Future::succeeded);
    assertThat(marks().stream().filter(Mark.Finished.class::isInstance)).hasSize(ends.size());
  }

  @Test
  void withTheDurabilityOfTheMachineAReplyWaitsForTheDisk() throws Exception {
    var vertx = Vertx.vertx();
    try {
      var machine = stage(Durability.MACHINE);
      var marksAtReply = new CompletableFuture<Integer>();
      vertx.runOnContext(
          _ ->
              Chain.of(List.of(machine, admits(Future.succeededFuture(whole()))))
                  .proceed(Exchanges.chat("a/b"))
                  .onSuccess(_ -> marksAtReply.complete(marks().size())));

      assertThat(marksAtReply.get(20, TimeUnit.SECONDS)).isEqualTo(2);
    } finally {
      vertx.close();
    }
  }

  /** Such a mark would have no room, and nothing would ever give its segment back. */
  @Test
  void whatIsSentAfterItsCallHasEndedLeavesNoMark() {
    var attempt = new Attempt(UUID.randomUUID(), 1, Exchanges.target("a/b"));
    run(
        Exchanges.chat("a/b"),
        admits(
            at -> {
              attempt.marks(at.tally().marks().attempt(at.with(attempt)).orElseThrow());
              return Future.succeededFuture(whole());
            }));

    attempt.markSent();
    attempt.produced("late");

    assertThat(marks()).hasSize(2).noneMatch(Mark.Sent.class::isInstance);
  }

  @Test
  void aStreamThatEndsTwiceIsRecordedOnce() {
    var scripted = new ScriptedStream();
    var reply =
        run(
            Exchanges.chat("a/b", true),
            admits(Future.succeededFuture(new Reply.Streamed(scripted))));
    ((Reply.Streamed) reply.result()).stream().start(new IgnoringSink());

    scripted.sink.end(Exchanges.answer("hi"));
    scripted.sink.fail(AIError.of(ErrorCode.CANCELLED, "gone"));

    assertThat(marks()).hasSize(2);
  }

  private MeteringStage stage(Durability durability) {
    return new MeteringStage(
        new CallJournal(directory, 0, durability, Clock.system()),
        (_, _, error) -> told.add(error.map(e -> e.code().name()).orElse("ok")),
        Clock.system());
  }

  private static JournalDirectory.Bounds bounds() {
    return new JournalDirectory.Bounds(64 << 10, 4 * (64 << 10));
  }

  private List<Mark> marks() {
    var reader = directory.chain(0).reader();
    var marks = new ArrayList<Mark>();
    for (var next = reader.next(); next.isPresent(); next = reader.next()) {
      marks.add(MarkCodec.read(next.get()));
    }
    return marks;
  }

  private Future<Reply> run(Exchange x, Stage rest) {
    return Chain.of(List.of(stage, rest)).proceed(x);
  }

  private static Reply whole() {
    return new Reply.Whole(Exchanges.answer("hi"));
  }

  private static Stage admits(Future<Reply> reply) {
    return admits(_ -> reply);
  }

  private static Stage admits(java.util.function.Function<Exchange, Future<Reply>> rest) {
    return (x, _) -> {
      x.tally().admit();
      CallMarks marks = x.tally().marks();
      return marks.admitted(x).compose(_ -> rest.apply(x));
    };
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
    public void end(Answer answer) {}

    @Override
    public void fail(AIError error) {}
  }
}
