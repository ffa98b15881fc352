package dev.weir.metering;

import dev.weir.storage.Database;
import dev.weir.storage.Refusal;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Brings records into the database, whatever it takes: a batch is repeated until it is there, which
 * doubles nothing; a record that the database refuses for its content is found by halving the
 * batch, set aside, logged by its id, and counted. Thread-safe.
 */
final class BatchWriter {
  private static final Logger LOG = LogManager.getLogger(BatchWriter.class);
  private static final long SHORTEST_WAIT_MS = 100;
  private static final long LONGEST_WAIT_MS = 2_000;

  /** So often the same batch is sent before it is taken apart. */
  private static final int TRIES = 3;

  /** No batch is too large for a database that takes none of so many rows. */
  private static final int SMALL = 500;

  private final Vertx vertx;
  private final UsageTable table;
  private final LongAdder written = new LongAdder();
  private final LongAdder setAside = new LongAdder();

  private enum Verdict {
    AGAIN,
    HALVE,
    SET_ASIDE
  }

  /**
   * What is sent together.
   *
   * @param tries how often it was refused in this size
   * @param writtenBefore how many records had been written when it was first sent
   */
  private record Batch(List<UsageRecord> records, int tries, long writtenBefore) {
    int size() {
      return records.size();
    }

    Batch tried() {
      return new Batch(records, tries + 1, writtenBefore);
    }

    Batch part(int from, int to) {
      return new Batch(records.subList(from, to), 0, writtenBefore);
    }
  }

  BatchWriter(Vertx vertx, Database database) {
    this.vertx = vertx;
    this.table = new UsageTable(database);
  }

  /** Succeeds when every record is in the database or set aside; never fails, but may never end. */
  Future<Void> write(List<UsageRecord> records) {
    var done = Promise.<Void>promise();
    persist(new Batch(oneEach(records), 0, written.sum()), done);
    return done.future();
  }

  long written() {
    return written.sum();
  }

  long setAside() {
    return setAside.sum();
  }

  /**
   * One record a call. A journal may hold two of one call if its process was replayed while it was
   * only thought to be dead; the one that saw the end tells more.
   */
  private static List<UsageRecord> oneEach(List<UsageRecord> records) {
    var byId = new LinkedHashMap<UUID, UsageRecord>(records.size() * 2);
    for (var record : records) {
      byId.merge(record.id(), record, (a, b) -> a.interrupted() ? b : a);
    }
    return byId.size() == records.size() ? records : new ArrayList<>(byId.values());
  }

  private void persist(Batch batch, Promise<Void> done) {
    insert(batch.records())
        .onSuccess(
            _ -> {
              written.add(batch.size());
              done.complete();
            })
        .onFailure(failure -> refused(batch, failure, done));
  }

  /** A throw of the client itself is a failure like any other, so that nobody waits for nothing. */
  private Future<Void> insert(List<UsageRecord> records) {
    return Future.succeededFuture().compose(_ -> table.insert(records));
  }

  private void refused(Batch batch, Throwable failure, Promise<Void> done) {
    switch (verdict(batch, Refusal.of(failure))) {
      case HALVE -> {
        var half = batch.size() / 2;
        var first = Promise.<Void>promise();
        persist(batch.part(0, half), first);
        first.future().onSuccess(_ -> persist(batch.part(half, batch.size()), done));
      }
      case SET_ASIDE ->
          setAside(batch.records().getFirst(), failure)
              .onSuccess(_ -> done.complete())
              .onFailure(again -> later(batch, again, done));
      case AGAIN -> later(batch, failure, done);
    }
  }

  /**
   * A record is thrown out only if it is to blame for sure, or has been refused while others were
   * taken. A statement that always takes too long is made smaller.
   */
  private Verdict verdict(Batch batch, Refusal refusal) {
    var enough = batch.tries() >= TRIES;
    return switch (refusal) {
      case CONTENT -> batch.size() > 1 ? Verdict.HALVE : Verdict.SET_ASIDE;
      case DATABASE -> enough && batch.size() > SMALL ? Verdict.HALVE : Verdict.AGAIN;
      case UNKNOWN ->
          enough && batch.size() > 1
              ? Verdict.HALVE
              : enough && written.sum() > batch.writtenBefore() ? Verdict.SET_ASIDE : Verdict.AGAIN;
    };
  }

  private void later(Batch batch, Throwable failure, Promise<Void> done) {
    var wait = Math.min(SHORTEST_WAIT_MS << Math.min(batch.tries(), 10), LONGEST_WAIT_MS);
    LOG.warn(
        "{} usage records wait for the database, which fails ({}); next try in {} ms",
        batch.size(),
        reason(failure),
        wait);
    vertx.setTimer(wait, _ -> persist(batch.tried(), done));
  }

  private Future<Void> setAside(UsageRecord record, Throwable failure) {
    LOG.error(
        "The database refuses the usage record of call {} ({}); it is set aside in usage_rejects",
        record.id(),
        failure.getMessage());
    return Future.succeededFuture()
        .compose(_ -> table.setAside(record, String.valueOf(failure.getMessage())))
        .onSuccess(_ -> setAside.increment());
  }

  /** The database's own words, where a caller would be told only that it is away. */
  private static String reason(Throwable failure) {
    return String.valueOf(failure.getCause() == null ? failure : failure.getCause());
  }
}
