package dev.weir.metering;

import dev.weir.storage.Database;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Writes usage records to the database in batches, off the path of the calls. One per process:
 * {@link #append} may be called from any event loop, the writing goes on one of its own.
 *
 * <p>A batch is repeated until it is in the table; the insert ignores what is there already, so
 * that doubles nothing. While the database is away records wait in a queue of bounded size, and the
 * room in it is taken before a call is admitted, so nothing admitted is dropped. A record that the
 * database refuses for its content is set aside by halving the batch, logged by its id, and
 * counted.
 */
public final class UsageWriter implements Journal {
  private static final Logger LOG = LogManager.getLogger(UsageWriter.class);
  private static final int BATCH = 500;
  private static final Duration PACE = Duration.ofMillis(50);
  private static final Duration SHORTEST_WAIT = Duration.ofMillis(100);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final Context context;
  private final UsageTable table;
  private final int capacity;
  private final ConcurrentLinkedQueue<UsageRecord> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger taken = new AtomicInteger();
  private final AtomicBoolean awake = new AtomicBoolean();
  private final LongAdder written = new LongAdder();
  private final LongAdder setAside = new LongAdder();

  /** Confined to the writer's context. */
  private final List<Promise<Void>> flushes = new ArrayList<>();

  /** Confined to the writer's context. */
  private Duration wait = SHORTEST_WAIT;

  /**
   * A writer; it sleeps until the first record.
   *
   * @param vertx gives it an event loop
   * @param database where the records go
   * @param capacity how many records may be waiting or promised at once
   */
  public UsageWriter(Vertx vertx, Database database, int capacity) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.table = new UsageTable(database);
    this.capacity = capacity;
  }

  @Override
  public boolean reserve() {
    if (taken.incrementAndGet() <= capacity) {
      return true;
    }
    taken.decrementAndGet();
    return false;
  }

  @Override
  public void release() {
    taken.decrementAndGet();
  }

  @Override
  public void append(UsageRecord record) {
    queue.add(record);
    wake(PACE);
  }

  /**
   * Succeeds when all that was appended before is in the table; fails never, so bound the wait for
   * it. Any thread.
   */
  public Future<Void> flush() {
    var flushed = Promise.<Void>promise();
    context.runOnContext(
        _ -> {
          flushes.add(flushed);
          if (awake.compareAndSet(false, true)) {
            drain();
          }
        });
    return flushed.future();
  }

  /** Records waiting to be written, and those promised to calls under way. */
  public int pending() {
    return taken.get();
  }

  /** Records waiting to be written. */
  public int waiting() {
    return queue.size();
  }

  /** Records written since the start. */
  public long written() {
    return written.sum();
  }

  /** Records that the database refused for their content since the start. */
  public long setAside() {
    return setAside.sum();
  }

  private void wake(Duration pace) {
    if (awake.compareAndSet(false, true)) {
      context.runOnContext(_ -> vertx.setTimer(pace.toMillis(), _ -> drain()));
    }
  }

  /** Writes batch after batch until the queue is empty; only one is under way at a time. */
  private void drain() {
    var batch = new ArrayList<UsageRecord>(Math.min(BATCH, 64));
    for (var next = queue.poll(); next != null; next = batch.size() < BATCH ? queue.poll() : null) {
      batch.add(next);
    }
    if (batch.isEmpty()) {
      sleep();
    } else {
      persist(batch);
    }
  }

  private void persist(List<UsageRecord> batch) {
    write(batch)
        .onSuccess(
            _ -> {
              wait = SHORTEST_WAIT;
              taken.addAndGet(-batch.size());
              drain();
            })
        .onFailure(
            failure -> {
              LOG.warn(
                  "{} usage records wait for the database, which fails ({}); next try in {} ms",
                  batch.size() + queue.size(),
                  reason(failure),
                  wait.toMillis());
              vertx.setTimer(wait.toMillis(), _ -> persist(batch));
              wait = min(wait.multipliedBy(2), LONGEST_WAIT);
            });
  }

  private void sleep() {
    var done = List.copyOf(flushes);
    flushes.clear();
    awake.set(false);
    if (!queue.isEmpty()) {
      wake(PACE);
    }
    done.forEach(Promise::complete);
  }

  private Future<Void> write(List<UsageRecord> batch) {
    return table
        .insert(batch)
        .onSuccess(_ -> written.add(batch.size()))
        .recover(
            failure -> poisonous(failure) ? halve(batch, failure) : Future.failedFuture(failure));
  }

  private Future<Void> halve(List<UsageRecord> batch, Throwable failure) {
    if (batch.size() == 1) {
      return setAside(batch.getFirst(), failure);
    }
    var half = batch.size() / 2;
    return write(batch.subList(0, half)).compose(_ -> write(batch.subList(half, batch.size())));
  }

  private Future<Void> setAside(UsageRecord record, Throwable failure) {
    LOG.error(
        "The database refuses the usage record of call {} ({}); it is set aside in usage_rejects",
        record.id(),
        failure.getMessage());
    return table
        .setAside(record, String.valueOf(failure.getMessage()))
        .onSuccess(_ -> setAside.increment());
  }

  /** SQLSTATE classes 22 (data) and 23 (constraints) blame the rows; everything else may pass. */
  private static boolean poisonous(Throwable failure) {
    return failure instanceof PgException refused
        && refused.getSqlState() != null
        && (refused.getSqlState().startsWith("22") || refused.getSqlState().startsWith("23"));
  }

  /** The database's own words, where a caller would be told only that it is away. */
  private static String reason(Throwable failure) {
    return String.valueOf(failure.getCause() == null ? failure : failure.getCause());
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
