package dev.weir.metering;

import dev.weir.journal.ChainReader;
import dev.weir.journal.Orphan;
import dev.weir.pricing.PriceTable;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Brings the journals of processes that are gone into the database: their ended calls as they
 * ended, the others as interrupted and billed by estimate. What is there already stays as it is, so
 * it may be done again. Blocks; for a thread of its own.
 */
public final class Replay {
  private static final Logger LOG = LogManager.getLogger(Replay.class);
  private static final int BATCH = 5_000;

  private final BatchWriter batches;
  private final Supplier<PriceTable> prices;
  private final Listener listener;

  /** Is told of a process whose journal is in the database as a whole. */
  @FunctionalInterface
  public interface Listener {
    /** Called after the last row; the journal is removed when the future succeeds. */
    Future<Void> replayed(UUID process);
  }

  /**
   * What was found in one journal.
   *
   * @param process whose it was
   * @param ended calls whose end was in it; most of them were in the database already
   * @param interrupted calls whose end was not
   * @param torn segments that a loss of power cut short
   */
  public record Report(UUID process, long ended, long interrupted, int torn) {}

  /**
   * A replay.
   *
   * @param vertx runs its transactions
   * @param database where the records go
   * @param prices for estimates
   * @param listener is told of every process that is done with
   */
  public Replay(Vertx vertx, Database database, Supplier<PriceTable> prices, Listener listener) {
    this.batches = new BatchWriter(vertx, database);
    this.prices = prices;
    this.listener = listener;
  }

  /**
   * Replays every journal under {@code root} whose process is gone, and removes it. One that cannot
   * be read stays, and is complained of in the log.
   *
   * @throws IOException if {@code root} cannot be read
   */
  public List<Report> run(Path root) throws IOException, InterruptedException {
    var unreadable = new ArrayList<String>();
    var reports = new ArrayList<Report>();
    for (var orphan : Orphan.take(root, unreadable)) {
      try (orphan) {
        var report = replay(orphan);
        orphan.remove();
        reports.add(report);
        LOG.info(
            "Replayed the journal of process {}: {} calls had ended, {} were interrupted",
            report.process(),
            report.ended(),
            report.interrupted());
      } catch (IOException | RuntimeException e) {
        // One that is damaged in a way nobody thought of must not keep the others waiting.
        unreadable.add(orphan.path() + ": " + e);
      }
    }
    unreadable.forEach(
        what -> LOG.error("A journal could not be replayed and stays where it is: {}", what));
    return reports;
  }

  private Report replay(Orphan orphan) throws IOException, InterruptedException {
    var ended = 0L;
    var interrupted = 0L;
    var torn = 0;
    for (var chain : orphan.chains()) {
      var open = new LinkedHashMap<UUID, Open>();
      ended += carryEnded(chain, open);
      interrupted += open.size();
      torn += chain.torn();
      carryInterrupted(open);
    }
    if (torn > 0) {
      LOG.warn(
          "{} segments of the journal of process {} end in half a record: the machine lost power,"
              + " and what was not yet synced is gone",
          torn,
          orphan.process());
    }
    settle(orphan.process());
    return new Report(orphan.process(), ended, interrupted, torn);
  }

  /** What rests on the rows is settled, however long the database takes to say so. */
  private void settle(UUID process) throws InterruptedException {
    for (var settled = false; !settled; ) {
      try {
        await(listener.replayed(process));
        settled = true;
      } catch (IllegalStateException e) {
        LOG.warn(
            "The leases of process {} cannot be closed yet ({}); trying again",
            process,
            e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
        TimeUnit.SECONDS.sleep(1);
      }
    }
  }

  private long carryEnded(ChainReader chain, Map<UUID, Open> open) throws InterruptedException {
    var count = 0L;
    var batch = new ArrayList<UsageRecord>();
    for (var next = chain.next(); next.isPresent(); next = chain.next()) {
      switch (MarkCodec.read(next.get())) {
        case Mark.Admitted admitted -> open.put(admitted.call(), new Open(admitted.record()));
        case Mark.Sent sent -> {
          var call = open.get(sent.call());
          if (call != null) {
            call.sent.add(sent);
          }
        }
        case Mark.Finished finished -> {
          open.remove(finished.call());
          batch.add(finished.record());
          count++;
        }
      }
      if (batch.size() == BATCH) {
        await(batches.write(batch));
        batch = new ArrayList<>();
      }
    }
    await(batches.write(batch));
    return count;
  }

  private void carryInterrupted(Map<UUID, Open> open) throws InterruptedException {
    var batch = new ArrayList<UsageRecord>();
    for (var call : open.values()) {
      batch.add(Interrupted.record(call.admitted, call.sent, prices.get()));
      if (batch.size() == BATCH) {
        await(batches.write(batch));
        batch = new ArrayList<>();
      }
    }
    await(batches.write(batch));
  }

  private static void await(Future<Void> done) throws InterruptedException {
    try {
      done.toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** A call whose end has not been read yet. */
  private static final class Open {
    private final UsageRecord admitted;
    private final List<Mark.Sent> sent = new ArrayList<>(1);

    private Open(UsageRecord admitted) {
      this.admitted = admitted;
    }
  }
}
