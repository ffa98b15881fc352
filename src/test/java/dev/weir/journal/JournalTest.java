package dev.weir.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.testing.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournalTest {
  private static final JournalDirectory.Bounds SMALL =
      new JournalDirectory.Bounds(64 << 10, 16 * (64 << 10));

  @TempDir Path root;
  private final List<JournalDirectory> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(j -> j.close(false));
  }

  @Test
  void whatWasAppendedIsReadInItsOrder() throws Exception {
    var chain = journal(1).chain(0);
    var expected = fill(chain, 1_000);

    assertThat(rest(chain.reader())).isEqualTo(expected);
    append(chain, "one more");
    assertThat(rest(chain.reader())).containsExactly("one more");
  }

  @Test
  void whatAProcessLeftBehindIsReadByTheNext() throws Exception {
    var journal = journal(2);
    var first = fill(journal.chain(0), 3_000);
    append(journal.chain(1), "other");
    kill(journal);

    var orphan = orphan();

    assertThat(orphan.process()).isEqualTo(journal.process());
    assertThat(orphan.chains()).hasSize(2);
    assertThat(rest(orphan.chains().get(0))).isEqualTo(first);
    assertThat(rest(orphan.chains().get(1))).containsExactly("other");
    assertThat(orphan.chains().get(0).torn()).isZero();
    orphan.remove();
    assertThat(journals()).isEmpty();
  }

  @Test
  void theJournalOfALivingProcessIsNobodysToReplay() throws Exception {
    journal(1);

    assertThat(Orphan.take(root, new ArrayList<>())).isEmpty();
  }

  /** Whose journal is replayed before its first word is dead to the ledger. */
  @Test
  void aJournalIsMadeAndLockedWhileNobodyLooksForOrphans() throws Exception {
    var made = new FutureTask<>(() -> journal(1));
    try (var _ = RootLock.take(root)) {
      var maker = Thread.ofPlatform().start(made);
      Eventually.until("it waits", () -> maker.getState() == Thread.State.WAITING);
      assertThat(journals()).isEmpty();
    }

    made.get(20, TimeUnit.SECONDS);
    assertThat(Orphan.take(root, new ArrayList<>())).isEmpty();
  }

  @Test
  void anOrphanIsTakenWhileNoJournalIsBeingMade() throws Exception {
    kill(journal(1));
    var taken = new FutureTask<>(this::orphan);
    try (var _ = RootLock.take(root)) {
      var taker = Thread.ofPlatform().start(taken);
      Eventually.until("it waits", () -> taker.getState() == Thread.State.WAITING);
    }

    taken.get(20, TimeUnit.SECONDS).close();
  }

  @Test
  void anOrphanIsTakenOnce() throws Exception {
    kill(journal(1));
    var taken = orphan();

    assertThat(Orphan.take(root, new ArrayList<>())).isEmpty();
    taken.close();
    orphan().close();
  }

  @Test
  void aCellKeepsItsLastValue() throws Exception {
    var journal = journal(1);
    var chain = journal.chain(0);
    assertThat(chain.reserve(1 << 10)).isTrue();
    var body = bytes("stream");
    var cell = chain.appendWithCell(body, body.length);
    cell.set(7);
    cell.set(123_456_789_012L);
    append(chain, "after");
    kill(journal);

    var reader = orphan().chains().getFirst();

    assertThat(reader.next())
        .hasValueSatisfying(e -> assertThat(e.cell()).isEqualTo(123_456_789_012L));
    assertThat(rest(reader)).containsExactly("after");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 5, 8, 9, 15, 20})
  void aTornTailEndsTheReadingAndNothingBeforeIt(int damagedByte) throws Exception {
    var journal = journal(1);
    append(journal.chain(0), "whole");
    append(journal.chain(0), "torn, a little longer");
    kill(journal);
    var at = Segment.HEADER + Frame.size("whole".length(), false) + damagedByte;
    flip(segments().getFirst(), at);

    var reader = orphan().chains().getFirst();

    assertThat(rest(reader)).containsExactly("whole");
    assertThat(reader.torn()).isEqualTo(1);
  }

  @Test
  void aRecordThatWasNotFinishedDoesNotExist() throws Exception {
    var journal = journal(1);
    append(journal.chain(0), "whole");
    append(journal.chain(0), "cut");
    kill(journal);
    // The word is written last: a kill before leaves everything else in place.
    overwrite(segments().getFirst(), Segment.HEADER + Frame.size(5, false), new byte[4]);

    var reader = orphan().chains().getFirst();

    assertThat(rest(reader)).containsExactly("whole");
    assertThat(reader.torn()).isZero();
  }

  @Test
  void aRecordOfAnotherPlaceIsNone() throws Exception {
    var journal = journal(1);
    append(journal.chain(0), "first");
    append(journal.chain(0), "other");
    kill(journal);
    var file = segments().getFirst();
    var first = new byte[Frame.size(5, false)];
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      channel.read(ByteBuffer.wrap(first), Segment.HEADER);
    }
    overwrite(file, Segment.HEADER + first.length, first);

    assertThat(rest(orphan().chains().getFirst())).containsExactly("first");
  }

  @Test
  void aSegmentThatWasBeingMadeHoldsNothingUp() throws Exception {
    var journal = journal(1);
    append(journal.chain(0), "kept");
    kill(journal);
    Files.write(directory().resolve("chain-000-00000099.log"), new byte[100]);
    Files.write(directory().resolve("chain-000-00000098.log"), new byte[0]);

    assertThat(rest(orphan().chains().getFirst())).containsExactly("kept");
  }

  @Test
  void aFullJournalRefusesAndTakesAgainWhenRoomIsFree() throws Exception {
    var journal = journal(1);
    var chain = journal.chain(0);
    var size = Chain.size(1_000, false);
    var appended = 0;
    var body = new byte[1_000];
    body[0] = 1;
    while (reserved(journal, chain, size)) {
      chain.append(body, body.length);
      appended++;
    }
    assertThat(journal.bytes()).isEqualTo(SMALL.total());
    assertThat(journal.refused()).isPositive();

    var reader = chain.reader();
    var first = reader.segment();
    for (var i = 0; i < appended; i++) {
      assertThat(reader.next()).isPresent();
    }
    for (var segment = first; segment < reader.segment(); segment++) {
      reader.free(segment);
    }

    Eventually.until("it has room", () -> chain.reserve(size));
    assertThat(journal.bytes()).isLessThanOrEqualTo(SMALL.total());
  }

  @Test
  void whatWasPromisedHoldsWhateverComesFirst() throws Exception {
    for (var seed = 0; seed < 30; seed++) {
      var random = new Random(seed);
      var journal = journal(2);
      var promised = new ArrayList<List<Integer>>(List.of(new ArrayList<>(), new ArrayList<>()));
      var read = new int[2];
      var written = new int[2];
      for (var step = 0; step < 3_000; step++) {
        var n = random.nextInt(2);
        var chain = journal.chain(n);
        var mine = promised.get(n);
        switch (random.nextInt(5)) {
          case 0, 1 -> {
            var length = 1 + (int) Math.pow(random.nextDouble() * 25, 3) % Chain.MAX_BODY;
            if (chain.reserve(Chain.size(length, false))) {
              mine.add(length);
            }
          }
          case 2, 3 -> {
            if (!mine.isEmpty()) {
              var length = mine.remove(random.nextInt(mine.size()));
              var body = new byte[length];
              random.nextBytes(body);
              chain.append(body, length);
              written[n]++;
            }
          }
          default -> {
            if (!mine.isEmpty() && random.nextInt(3) == 0) {
              chain.release(Chain.size(mine.removeLast(), false));
            }
            var reader = chain.reader();
            var before = reader.segment();
            while (reader.next().isPresent()) {
              read[n]++;
            }
            // Numbers are shared by the chains: free those of this one that were passed.
            for (var s = before; s < reader.segment(); s++) {
              try {
                reader.free(s);
              } catch (IllegalArgumentException other) {
                assertThat(other).hasMessageContaining("not there");
              }
            }
            assertThat(read[n]).isEqualTo(written[n]);
          }
        }
        assertThat(journal.bytes()).isLessThanOrEqualTo(SMALL.total());
      }
    }
  }

  @Test
  void oneThreadReadsBehindAnother() throws Exception {
    var chain = journal(1).chain(0);
    var count = 20_000;
    var seen = new ArrayList<String>();
    var carrier =
        Thread.ofPlatform()
            .start(
                () -> {
                  var reader = chain.reader();
                  var segment = reader.segment();
                  while (seen.size() < count) {
                    reader.next().ifPresent(e -> seen.add(text(e)));
                    for (; segment < reader.segment(); segment++) {
                      reader.free(segment);
                    }
                    Thread.onSpinWait();
                  }
                });
    for (var i = 0; i < count; ) {
      var body = bytes("record " + i);
      if (chain.reserve(Chain.size(body.length, false))) {
        chain.append(body, body.length);
        i++;
      }
    }
    carrier.join(30_000);

    assertThat(seen).isEqualTo(IntStream.range(0, count).mapToObj(i -> "record " + i).toList());
  }

  @Test
  void aSyncIsToldToEverybodyWhoWaits() throws Exception {
    var chain = journal(1).chain(0);
    append(chain, "a");
    var first = chain.sync();
    append(chain, "b");
    var second = chain.sync();

    assertThat(first).succeedsWithin(10, TimeUnit.SECONDS);
    assertThat(second).succeedsWithin(10, TimeUnit.SECONDS);
  }

  @Test
  void anEmptyJournalLeavesNothingBehind() throws Exception {
    var journal = journal(1);
    open.remove(journal);

    journal.close(true);

    assertThat(journals()).isEmpty();
  }

  @Test
  void boundsThatAreTooSmallAreRefusedWithWhatIsNeeded() {
    assertThatThrownBy(
            () ->
                JournalDirectory.open(
                    root, UUID.randomUUID(), new JournalDirectory.Bounds(64 << 10, 1 << 16), 2))
        .hasMessageContaining("at least 262144 bytes");
    assertThat(JournalDirectory.Bounds.of(512 << 20, 2).segment()).isEqualTo(4 << 20);
    assertThat(JournalDirectory.Bounds.of(1 << 20, 2).segment()).isEqualTo(128 << 10);
  }

  /** Its records reached the database before the disk had got round to it. */
  @Test
  void aSyncOfASegmentThatIsGivenBackMeanwhileSucceedsAndSoDoTheNext() throws Exception {
    var journal = journal(1);
    var gone = Segment.create(directory(), 9, 99, 64 << 10);
    gone.delete();

    journal.sync(gone).get(20, TimeUnit.SECONDS);
    append(journal.chain(0), "next");
    journal.chain(0).sync().get(20, TimeUnit.SECONDS);
  }

  @Test
  void aSegmentThatCannotBeGivenBackDoesNotEndTheMakingOfNewOnes() throws Exception {
    var journal = journal(1);
    var gone = Segment.create(directory(), 9, 99, 64 << 10);
    gone.delete();
    journal.free(gone);

    fill(journal.chain(0), 3_000);
  }

  @Test
  void aFileThatEndsInItsHeadIsNoSegment() throws Exception {
    var journal = journal(1);
    append(journal.chain(0), "whole");
    kill(journal);
    var head = ByteBuffer.wrap(Files.readAllBytes(segments().getFirst())).slice(0, 8);
    var cut = new byte[8];
    head.get(cut);
    Files.write(directory().resolve("chain-000-99999999.log"), cut);

    assertThat(rest(orphan().chains().getFirst())).containsExactly("whole");
  }

  private JournalDirectory journal(int chains) throws IOException {
    var journal = JournalDirectory.open(root, UUID.randomUUID(), SMALL, chains);
    open.add(journal);
    return journal;
  }

  /** What a kill leaves: everything as it is, and the lock gone. */
  private void kill(JournalDirectory journal) {
    journal.close(false);
    open.remove(journal);
  }

  private Orphan orphan() throws IOException {
    var orphans = Orphan.take(root, new ArrayList<>());
    assertThat(orphans).hasSize(1);
    return orphans.getFirst();
  }

  /**
   * Room is made by another thread: there will be more until the journal is as large as it may be.
   */
  private static boolean reserved(JournalDirectory journal, Chain chain, int size) {
    var given = new AtomicBoolean();
    Eventually.until(
        "there is room, or no more is made",
        () -> {
          var whole = journal.bytes() == SMALL.total();
          given.set(chain.reserve(size));
          return given.get() || whole;
        });
    return given.get();
  }

  private static List<String> fill(Chain chain, int count) throws InterruptedException {
    var expected = new ArrayList<String>();
    for (var i = 0; i < count; i++) {
      var text = "record " + i + " ".repeat(i % 150);
      append(chain, text);
      expected.add(text);
    }
    return expected;
  }

  private static void append(Chain chain, String text) throws InterruptedException {
    var body = bytes(text);
    Eventually.until("it has room", () -> chain.reserve(Chain.size(body.length, false)));
    chain.append(body, body.length);
  }

  private static List<String> rest(ChainReader reader) {
    var all = new ArrayList<String>();
    for (var e = reader.next(); e.isPresent(); e = reader.next()) {
      all.add(text(e.get()));
    }
    return all;
  }

  private static String text(ChainReader.Entry entry) {
    return StandardCharsets.UTF_8.decode(entry.body()).toString();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private Path directory() throws IOException {
    return journals().getFirst();
  }

  private List<Path> journals() throws IOException {
    try (var all = Files.list(root)) {
      return all.filter(Files::isDirectory).toList();
    }
  }

  private List<Path> segments() throws IOException {
    try (var all = Files.list(directory())) {
      return all.filter(f -> f.toString().endsWith(".log")).sorted().toList();
    }
  }

  private static void flip(Path file, int at) throws IOException {
    var one = ByteBuffer.allocate(1);
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      channel.read(one, at);
    }
    overwrite(file, at, new byte[] {(byte) ~one.get(0)});
  }

  private static void overwrite(Path file, int at, byte[] bytes) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), at);
    }
  }
}
