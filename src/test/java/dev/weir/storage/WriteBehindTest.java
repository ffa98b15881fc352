package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.pgclient.PgException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WriteBehindTest {
  private static final int ROUNDS = 20_000;

  private final List<List<Integer>> written = new ArrayList<>();
  private final ArrayDeque<Promise<Void>> answers = new ArrayDeque<>();
  private final Map<WriteBehind.Fate, Integer> fates = new EnumMap<>(WriteBehind.Fate.class);
  private final WriteBehind<Integer> queue =
      new WriteBehind<>(
          "rows", 1_000, this::write, (fate, many) -> fates.merge(fate, many, Integer::sum));

  private Future<Void> write(List<Integer> rows) {
    written.add(List.copyOf(rows));
    Promise<Void> answer = Promise.promise();
    answers.add(answer);
    return answer.future();
  }

  private void add(int from, int to) {
    IntStream.range(from, to).forEach(n -> queue.add(n, 1));
  }

  private void answer() {
    answers.remove().complete();
  }

  @Test
  void rowsAreWrittenInOrderAndInBatches() {
    add(0, 250);

    var done = queue.flush();
    answer();
    answer();
    answer();

    assertThat(done.succeeded()).isTrue();
    assertThat(written).hasSize(3);
    assertThat(written.stream().flatMap(List::stream))
        .containsExactlyElementsOf(IntStream.range(0, 250).boxed().toList());
    assertThat(fates).containsEntry(WriteBehind.Fate.KEPT, 250).hasSize(1);
  }

  @Test
  void whoFlushesWhileRowsAreBeingWrittenWaitsForTheseAndThoseThatCameMeanwhile() {
    add(0, 1);
    var first = queue.flush();
    add(1, 2);

    var second = queue.flush();
    answer();

    assertThat(second).isSameAs(first);
    assertThat(second.isComplete()).isFalse();
    answer();
    assertThat(second.succeeded()).isTrue();
    assertThat(written).containsExactly(List.of(0), List.of(1));
  }

  @Test
  void rowsThatFindNoRoomAreDroppedAndCountedAndRoomComesBack() {
    queue.add(1, 900);
    queue.add(2, 101);
    queue.add(3, 100);
    queue.flush();
    answer();

    queue.add(4, 1_000);
    queue.flush();
    answer();

    assertThat(written).containsExactly(List.of(1, 3), List.of(4));
    assertThat(fates)
        .containsEntry(WriteBehind.Fate.NO_ROOM, 1)
        .containsEntry(WriteBehind.Fate.KEPT, 3);
  }

  @Test
  void whileTheDatabaseIsAwayRowsWait() {
    add(0, 2);
    var done = queue.flush();
    answers.remove().fail("connection refused");

    assertThat(done.succeeded()).isTrue();
    queue.flush();
    answer();
    assertThat(written).containsExactly(List.of(0, 1), List.of(0, 1));
    assertThat(fates).containsEntry(WriteBehind.Fate.KEPT, 2).hasSize(1);
  }

  @Test
  void whatTheDatabaseRefusesDoesNotComeBackAndHoldsNothingUp() {
    add(0, 1);
    queue.flush();
    answers.remove().fail(new PgException("bad", "ERROR", "22021", ""));
    add(1, 2);

    queue.flush();
    answer();

    assertThat(written).containsExactly(List.of(0), List.of(1));
    assertThat(fates)
        .containsEntry(WriteBehind.Fate.REFUSED, 1)
        .containsEntry(WriteBehind.Fate.KEPT, 1);
  }

  @Test
  void whatComesAfterARefusedBatchIsWrittenByTheSameFlush() {
    add(0, 101);
    var done = queue.flush();
    answers.remove().fail(new PgException("bad", "ERROR", "22021", ""));

    assertThat(done.isComplete()).isFalse();
    answer();
    assertThat(done.succeeded()).isTrue();
    assertThat(written.getLast()).containsExactly(100);
    assertThat(fates)
        .containsEntry(WriteBehind.Fate.REFUSED, 100)
        .containsEntry(WriteBehind.Fate.KEPT, 1);
  }

  @ParameterizedTest
  @CsvSource({"53300", "57P03", "57014", "40001", "40P01", "08006", "25006"})
  void aDatabaseThatIsBusyOrAwayIsWaitedFor(String state) {
    add(0, 1);
    queue.flush();
    answers.remove().fail(new PgException("later", "ERROR", state, ""));
    queue.flush();
    answer();

    assertThat(written).containsExactly(List.of(0), List.of(0));
    assertThat(fates).containsEntry(WriteBehind.Fate.KEPT, 1).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"22021", "23514", "42501", "42P01", "P0001"})
  void whatIsWrongForGoodDoesNotBlockWhatComesAfterIt(String state) {
    add(0, 1);
    queue.flush();
    answers.remove().fail(new PgException("never", "ERROR", state, ""));

    assertThat(fates).containsEntry(WriteBehind.Fate.REFUSED, 1).hasSize(1);
  }

  @Test
  void nothingIsWrittenWhereNothingWaits() {
    assertThat(queue.flush().succeeded()).isTrue();
    assertThat(written).isEmpty();
  }

  /** Two at a time: one of them adds its row just when the writing for the other one ends. */
  @Test
  void whatWasAddedBeforeAFlushIsWrittenWhenThatHasEnded() throws Exception {
    var kept = ConcurrentHashMap.<Integer>newKeySet();
    var missing = new AtomicInteger();
    try (var database = Executors.newSingleThreadExecutor();
        var callers = Executors.newFixedThreadPool(2)) {
      var busy =
          new WriteBehind<Integer>(
              "rows",
              1_000,
              rows ->
                  Future.fromCompletionStage(
                      CompletableFuture.runAsync(() -> kept.addAll(rows), database)),
              (_, _) -> {});
      for (var caller = 0; caller < 2; caller++) {
        var first = caller * ROUNDS;
        callers.submit(
            () -> {
              for (var row = first; row < first + ROUNDS; row++) {
                busy.add(row, 1);
                busy.flush().toCompletionStage().toCompletableFuture().join();
                missing.addAndGet(kept.contains(row) ? 0 : 1);
              }
            });
      }
    }

    assertThat(missing).hasValue(0);
    assertThat(kept).hasSize(2 * ROUNDS);
  }
}
