package dev.weir.storage;

import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Rows on their way to a table that nobody waits for: bounded by bytes, one batch at a time, in
 * order. What finds no room is dropped; while the database is away the rest waits; what the
 * database itself refuses is dropped. For samples and figures that may have a gap, never for
 * records of calls. Thread-safe.
 *
 * @param <T> a row
 */
public final class WriteBehind<T> {
  private static final Logger LOG = LogManager.getLogger(WriteBehind.class);
  private static final int BATCH = 100;

  /** What became of rows. */
  public enum Fate {
    /** Written. */
    KEPT,
    /** Dropped: too many were waiting. */
    NO_ROOM,
    /** Dropped: the database refused the batch as wrong. */
    REFUSED
  }

  private final String what;
  private final int mostBytes;
  private final Function<List<T>, Future<Void>> write;
  private final ObjIntConsumer<Fate> fates;

  /** Guarded by this, as are the next ones. */
  private final ArrayDeque<Waiting<T>> waiting = new ArrayDeque<>();

  private int bytes;
  private Optional<Future<Void>> underWay = Optional.empty();

  private record Waiting<T>(T row, int bytes) {}

  /**
   * A way to a table.
   *
   * @param what the rows are called in logs
   * @param mostBytes that wait at once
   * @param write writes a batch as a whole; writing a row twice must do no harm
   * @param fates told of what became of how many rows; any thread
   */
  public WriteBehind(
      String what,
      int mostBytes,
      Function<List<T>, Future<Void>> write,
      ObjIntConsumer<Fate> fates) {
    this.what = what;
    this.mostBytes = mostBytes;
    this.write = write;
    this.fates = fates;
  }

  /**
   * Adds a row.
   *
   * @param size about how many bytes it holds
   */
  public void add(T row, int size) {
    synchronized (this) {
      if (bytes + size <= mostBytes) {
        bytes += size;
        waiting.add(new Waiting<>(row, size));
        return;
      }
    }
    fates.accept(Fate.NO_ROOM, 1);
  }

  /** Writes what waits now. Succeeds also if the database took nothing; never fails. */
  public synchronized Future<Void> flush() {
    if (underWay.isPresent()) {
      return underWay.get();
    }
    if (waiting.isEmpty()) {
      return Future.succeededFuture();
    }
    var writing = batch();
    if (!writing.isComplete()) {
      underWay = Optional.of(writing);
      writing.onComplete(_ -> done(writing));
    }
    return writing;
  }

  /** It may have given its place to another already. */
  private synchronized void done(Future<Void> writing) {
    if (underWay.filter(writing::equals).isPresent()) {
      underWay = Optional.empty();
    }
  }

  private Future<Void> batch() {
    var some = first();
    return some.isEmpty()
        ? Future.succeededFuture()
        : write
            .apply(some)
            .compose(
                _ -> {
                  gone(some.size(), Fate.KEPT);
                  return batch();
                })
            .recover(e -> failed(some.size(), e));
  }

  private synchronized List<T> first() {
    var some = new ArrayList<T>();
    for (var one : waiting) {
      if (some.size() == BATCH) {
        break;
      }
      some.add(one.row());
    }
    if (some.isEmpty()) {
      // In the same breath: what is added from here on is for another flush.
      underWay = Optional.empty();
    }
    return some;
  }

  private void gone(int many, Fate fate) {
    synchronized (this) {
      for (var i = 0; i < many; i++) {
        bytes -= waiting.remove().bytes();
      }
    }
    fates.accept(fate, many);
  }

  private Future<Void> failed(int many, Throwable why) {
    if (why instanceof PgException refusal && blames(refusal)) {
      LOG.warn("{} {} were refused by the database: {}", many, what, refusal.getSqlState());
      gone(many, Fate.REFUSED);
      return batch();
    }
    LOG.debug("{} wait for the database: {}", what, why.getMessage());
    return Future.succeededFuture();
  }

  /**
   * What is wrong stays wrong; what says that the database is away, busy or short of something
   * (classes 08, 25, 40, 53, 55, 57, 58) passes.
   */
  private static boolean blames(PgException refusal) {
    var state = String.valueOf(refusal.getSqlState());
    return !state.matches("(08|25|40|53|55|57|58).*");
  }
}
