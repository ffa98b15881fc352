package dev.weir.metering;

import dev.weir.journal.JournalDirectory;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Carries ended calls from the journal into the database, off the path of the calls: a thread of
 * its own reads behind the event loops and writes in batches, two transactions at a time. Nothing
 * waits in memory: while the database is away records stay in the journal, and its bound is the
 * bound of what may wait. Its methods may be called from any thread.
 */
public final class UsageWriter {
  private static final Logger LOG = LogManager.getLogger(UsageWriter.class);
  private static final int BATCH = 20_000;
  private static final int WINDOW = 2;
  private static final Duration PACE = Duration.ofMillis(50);

  private final BatchWriter batches;
  private final List<CallJournal> journals;
  private final List<Tail> tails;
  private final ConcurrentLinkedQueue<Promise<Void>> flushes = new ConcurrentLinkedQueue<>();
  private final Thread thread =
      Thread.ofPlatform().name("weir-usage-writer").daemon().unstarted(this::run);
  private volatile boolean stopped;
  private volatile Consumer<UUID> onWritten = _ -> {};
  private final LongAdder carried = new LongAdder();

  private record Flight(List<Tail.Read> batch, Future<Void> written) {}

  /**
   * A writer; {@link #start} sets it to work.
   *
   * @param vertx runs its transactions
   * @param database where the records go
   * @param directory where they come from
   * @param journals who writes them
   */
  public UsageWriter(
      Vertx vertx, Database database, JournalDirectory directory, List<CallJournal> journals) {
    this.batches = new BatchWriter(vertx, database);
    this.journals = List.copyOf(journals);
    this.tails = directory.chains().stream().map(chain -> new Tail(chain.reader())).toList();
  }

  /** Sets who is told of each call whose row is in the database, on the writer's thread. */
  public void onWritten(Consumer<UUID> listener) {
    onWritten = listener;
  }

  /** Begins. Called once. */
  public void start() {
    thread.start();
  }

  /**
   * Succeeds when all calls that had ended before are in the database; fails never, so bound the
   * wait for it.
   */
  public Future<Void> flush() {
    var flushed = Promise.<Void>promise();
    flushes.add(flushed);
    LockSupport.unpark(thread);
    return flushed.future();
  }

  /** Ends it at once; what it has not written stays in the journal. Blocks until it is gone. */
  public void stop() throws InterruptedException {
    stopped = true;
    thread.interrupt();
    thread.join();
  }

  /**
   * Whether every call in the journal has ended and is in the database; after {@link #stop} only.
   * If not, the journal is the only place that knows of those calls.
   */
  public boolean nothingLeft() {
    try {
      return tails.stream().allMatch(Tail::settled);
    } catch (RuntimeException e) {
      LOG.error("What is left in the journal cannot be told, so it stays", e);
      return false;
    }
  }

  /** Ended calls that wait to be written. */
  public long waiting() {
    return journals.stream().mapToLong(CallJournal::finished).sum() - carried.sum();
  }

  /** Records written since the start. */
  public long written() {
    return batches.written();
  }

  /** Records that the database refused for their content since the start. */
  public long setAside() {
    return batches.setAside();
  }

  private void run() {
    var flying = new ArrayDeque<Flight>();
    try {
      while (!stopped) {
        carry(flying);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A fault of ours holds up nobody: the records are still in the journal. */
  private void carry(Deque<Flight> flying) throws InterruptedException {
    try {
      round(flying);
    } catch (RuntimeException e) {
      LOG.error("The usage writer stumbled, and goes on; what it left is replayed at a start", e);
      LockSupport.parkNanos(PACE.toNanos());
    }
  }

  private void round(Deque<Flight> flying) throws InterruptedException {
    var asked = new ArrayList<Promise<Void>>();
    for (var next = flushes.poll(); next != null; next = flushes.poll()) {
      asked.add(next);
    }
    var batch = new ArrayList<Tail.Read>();
    tails.forEach(tail -> tail.read(batch, BATCH));
    if (!batch.isEmpty()) {
      flying.add(new Flight(batch, batches.write(batch.stream().map(Tail.Read::record).toList())));
    }
    while (flying.size() >= WINDOW || (batch.isEmpty() && !flying.isEmpty())) {
      land(flying.remove());
    }
    if (batch.isEmpty()) {
      asked.forEach(Promise::complete);
    } else {
      flushes.addAll(asked);
    }
    if (batch.size() < BATCH && flushes.isEmpty()) {
      LockSupport.parkNanos(PACE.toNanos());
    }
  }

  private void land(Flight flight) throws InterruptedException {
    try {
      flight.written().toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a batch never fails", e);
    }
    for (var read : flight.batch()) {
      read.written();
      onWritten.accept(read.record().id());
    }
    carried.add(flight.batch().size());
    tails.forEach(Tail::sweep);
  }
}
