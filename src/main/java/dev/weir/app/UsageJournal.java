package dev.weir.app;

import dev.weir.config.JournalSettings;
import dev.weir.core.Clock;
import dev.weir.journal.JournalDirectory;
import dev.weir.limits.LedgerConnection;
import dev.weir.metering.CallJournal;
import dev.weir.metering.Replay;
import dev.weir.metering.UsageWriter;
import dev.weir.pricing.PriceTable;
import dev.weir.storage.Database;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The journal of this process with everybody around it: the event loops that write it, the writer
 * that carries it to the database, and the replay of journals that dead processes left behind.
 */
final class UsageJournal {
  private static final Logger LOG = LogManager.getLogger(UsageJournal.class);
  private static final Duration FLUSH = Duration.ofSeconds(10);
  private static final Set<String> SHORT_LIVED = Set.of("tmpfs", "ramfs", "overlay");

  private final JournalDirectory directory;
  private final List<CallJournal> loops;
  private final UsageWriter writer;
  private final Thread replay;

  private UsageJournal(
      JournalDirectory directory, List<CallJournal> loops, UsageWriter writer, Thread replay) {
    this.directory = directory;
    this.loops = loops;
    this.writer = writer;
    this.replay = replay;
  }

  /**
   * Opens it and sets writer and replay to work. Blocks until its first space is on the disk.
   *
   * @param written is told of each call whose row is in the database
   */
  static UsageJournal open(
      JournalSettings settings,
      UUID process,
      int loops,
      Vertx vertx,
      Database database,
      Supplier<PriceTable> prices,
      Clock clock,
      Consumer<UUID> written) {
    try {
      var directory =
          JournalDirectory.open(
              settings.dir(),
              process,
              JournalDirectory.Bounds.of(settings.maxBytes(), loops),
              loops);
      warnIfShortLived(directory);
      var journals =
          IntStream.range(0, loops)
              .mapToObj(n -> new CallJournal(directory, n, settings.durability(), clock))
              .toList();
      var writer = new UsageWriter(vertx, database, directory, journals);
      writer.onWritten(written);
      writer.start();
      var replay =
          new Replay(vertx, database, prices, dead -> LedgerConnection.replayed(database, dead));
      var thread =
          Thread.ofPlatform()
              .name("weir-journal-replay")
              .daemon()
              .start(() -> replay(replay, settings));
      return new UsageJournal(directory, journals, writer, thread);
    } catch (IOException | UncheckedIOException e) {
      throw new StartFailure(
          "The journal of usage cannot be kept in "
              + settings.dir()
              + " ("
              + e.getMessage()
              + "); make it writable, free space, or move it with WEIR_JOURNAL_DIR.",
          e);
    }
  }

  JournalDirectory directory() {
    return directory;
  }

  /** The journal of the n-th event loop. */
  CallJournal loop(int n) {
    return loops.get(n);
  }

  UsageWriter writer() {
    return writer;
  }

  /**
   * Gives the records that wait a last chance to reach the database, and removes the journal when
   * they have, no admitted call was cut off before its end, and the limits are closed too; else it
   * stays for the next process to replay. Nothing may be writing any more.
   *
   * @param limits gives the leases back, once the rows are written; where that fails, the replay of
   *     this journal is the only one who still can
   * @return whether every admitted call has its row
   */
  boolean close(Shutdown.Closing limits) throws InterruptedException {
    replay.interrupt();
    replay.join();
    var flushed = flushed();
    writer.stop();
    var empty = flushed && writer.nothingLeft();
    if (flushed && !empty) {
      LOG.warn(
          "Some calls did not come to an end; they stay in the journal {}, and the next start"
              + " records them as interrupted",
          directory.path());
    }
    directory.close(closed(limits) && empty);
    return empty;
  }

  private boolean closed(Shutdown.Closing limits) throws InterruptedException {
    try {
      limits.close();
      return true;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      LOG.warn(
          "The leases could not be given back ({}); the journal {} stays, and the next start does"
              + " it",
          e.getMessage(),
          directory.path());
      return false;
    }
  }

  private boolean flushed() {
    try {
      Waiting.on(writer.flush(), FLUSH, "Writing the usage");
      return true;
    } catch (StartFailure late) {
      LOG.warn(
          "{} usage records stay in the journal {} ({}); the next start brings them to the"
              + " database",
          writer.waiting(),
          directory.path(),
          late.getMessage());
      return false;
    }
  }

  private static void replay(Replay replay, JournalSettings settings) {
    try {
      replay.run(settings.dir());
    } catch (IOException e) {
      LOG.error("The journals in {} cannot be read: {}", settings.dir(), e.getMessage());
    } catch (InterruptedException e) {
      LOG.info("The replay of journals was interrupted; the next start goes on with it");
    }
  }

  private static void warnIfShortLived(JournalDirectory directory) throws IOException {
    var kind = Files.getFileStore(directory.path()).type();
    if (SHORT_LIVED.contains(kind)) {
      LOG.warn(
          "The journal of usage is on {} ({}), which may not outlive this container: put"
              + " WEIR_JOURNAL_DIR on a volume, or records can be lost with a crash",
          directory.path(),
          kind);
    }
  }
}
