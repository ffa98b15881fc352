package dev.weir.contents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Contents on their way to the table: bounded in number and bytes, one batch at a time. A sample
 * may lose an item, a call must not wait: what finds no room is dropped and counted. While the
 * database is away the queue waits; what the database itself refuses is dropped. Thread-safe.
 */
final class ContentQueue {
  private static final Logger LOG = LogManager.getLogger(ContentQueue.class);

  /** The largest input and output together that is kept. */
  static final int LARGEST = 256 * 1024;

  /** What waits at once, at most. */
  static final int MOST_BYTES = 16 * 1024 * 1024;

  private static final int BATCH = 100;

  private final ContentTable table;
  private final Counter kept;
  private final Counter tooLarge;
  private final Counter noRoom;
  private final Counter refused;

  /** Guarded by this, as are the next ones. */
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  private int bytes;
  private Optional<Future<Void>> underWay = Optional.empty();

  private record Waiting(StoredContent content, int bytes) {}

  ContentQueue(ContentTable table, MeterRegistry registry) {
    this.table = table;
    this.kept = counter(registry, "kept");
    this.tooLarge = counter(registry, "too_large");
    this.noRoom = counter(registry, "no_room");
    this.refused = counter(registry, "refused");
  }

  private static Counter counter(MeterRegistry registry, String outcome) {
    return Counter.builder("weir.contents")
        .tag("outcome", outcome)
        .description("Contents of calls that were to be stored, by what became of them")
        .register(registry);
  }

  void add(StoredContent content) {
    var size = size(content.input()) + content.output().map(ContentQueue::size).orElse(0);
    if (size > LARGEST) {
      tooLarge.increment();
      return;
    }
    synchronized (this) {
      if (bytes + size > MOST_BYTES) {
        noRoom.increment();
        return;
      }
      bytes += size;
      waiting.add(new Waiting(content, size));
    }
  }

  private static int size(JsonNode tree) {
    return Json.write(tree).length();
  }

  /** Writes all that waits now; succeeds also if the database took nothing. */
  synchronized Future<Void> flush() {
    if (underWay.isPresent()) {
      return underWay.get();
    }
    if (waiting.isEmpty()) {
      return Future.succeededFuture();
    }
    var writing = batch();
    underWay = Optional.of(writing);
    writing.onComplete(_ -> done(writing));
    return writing;
  }

  private synchronized void done(Future<Void> writing) {
    if (underWay.filter(now -> now == writing).isPresent()) {
      underWay = Optional.empty();
    }
  }

  private Future<Void> batch() {
    var some = first();
    return some.isEmpty()
        ? Future.succeededFuture()
        : table
            .add(some.stream().map(Waiting::content).toList())
            .compose(
                _ -> {
                  kept.increment(some.size());
                  gone(some.size());
                  return batch();
                })
            .recover(e -> failed(some.size(), e));
  }

  private synchronized List<Waiting> first() {
    var some = new ArrayList<Waiting>();
    for (var one : waiting) {
      if (some.size() == BATCH) {
        break;
      }
      some.add(one);
    }
    return some;
  }

  private synchronized void gone(int many) {
    for (var i = 0; i < many; i++) {
      bytes -= waiting.remove().bytes();
    }
  }

  private Future<Void> failed(int many, Throwable why) {
    if (why instanceof PgException refusal && blames(refusal)) {
      LOG.warn("{} stored contents were refused by the database: {}", many, refusal.getSqlState());
      refused.increment(many);
      gone(many);
    } else {
      LOG.debug("Contents wait for the database: {}", why.getMessage());
    }
    return Future.succeededFuture();
  }

  /** Data that is wrong stays wrong; whatever else it is may pass. */
  private static boolean blames(PgException refusal) {
    var state = String.valueOf(refusal.getSqlState());
    return state.startsWith("22") || state.startsWith("23");
  }
}
