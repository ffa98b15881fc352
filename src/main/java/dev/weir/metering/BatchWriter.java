package dev.weir.metering;

import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Brings records into the database, whatever it takes: a batch is repeated until it is there, which
 * doubles nothing; a record that the database refuses for its content is set aside by halving the
 * batch, logged by its id, and counted. Thread-safe.
 */
final class BatchWriter {
  private static final Logger LOG = LogManager.getLogger(BatchWriter.class);
  private static final Duration SHORTEST_WAIT = Duration.ofMillis(100);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final UsageTable table;
  private final LongAdder written = new LongAdder();
  private final LongAdder setAside = new LongAdder();

  BatchWriter(Vertx vertx, Database database) {
    this.vertx = vertx;
    this.table = new UsageTable(database);
  }

  /** Succeeds when every record is in the database or set aside; never fails, but may never end. */
  Future<Void> write(List<UsageRecord> records) {
    var done = Promise.<Void>promise();
    persist(oneEach(records), SHORTEST_WAIT, done);
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

  private void persist(List<UsageRecord> batch, Duration wait, Promise<Void> done) {
    insert(batch)
        .onSuccess(_ -> done.complete())
        .onFailure(
            failure -> {
              LOG.warn(
                  "{} usage records wait for the database, which fails ({}); next try in {} ms",
                  batch.size(),
                  reason(failure),
                  wait.toMillis());
              vertx.setTimer(wait.toMillis(), _ -> persist(batch, longer(wait), done));
            });
  }

  private Future<Void> insert(List<UsageRecord> batch) {
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
    return insert(batch.subList(0, half)).compose(_ -> insert(batch.subList(half, batch.size())));
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

  private static Duration longer(Duration wait) {
    var doubled = wait.multipliedBy(2);
    return doubled.compareTo(LONGEST_WAIT) < 0 ? doubled : LONGEST_WAIT;
  }
}
