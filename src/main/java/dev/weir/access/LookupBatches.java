package dev.weir.access;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Looks keys up in batches, at most one of them under way.
 *
 * <p>Whoever asks while a batch is under way waits for the next, together with everyone else; two
 * who ask for the same key share one answer. So a process costs the database one statement at a
 * time, whatever arrives: a flood of made-up keys fills batches, it does not fill the connection
 * pool. A lone caller still waits for one round trip only.
 *
 * <p>Thread-safe. The futures complete on whichever thread the database answers.
 */
final class LookupBatches {
  /** Hashes in one statement. */
  static final int BATCH = 256;

  /** Hashes that may wait; one more is refused with {@code OVERLOADED}. */
  static final int WAITING = 4_096;

  private final KeyLookup lookup;
  private final Clock clock;
  private final Map<KeyHash, Promise<Answer>> waiting = new LinkedHashMap<>();
  private Map<KeyHash, Promise<Answer>> underWay = Map.of();

  LookupBatches(KeyLookup lookup, Clock clock) {
    this.lookup = lookup;
    this.clock = clock;
  }

  /**
   * An answer.
   *
   * @param key the key, or empty if there is none with this hash
   * @param askedNanos the monotonic clock before the question was sent: what the answer says was
   *     true at some moment after that
   */
  record Answer(Optional<KnownKey> key, long askedNanos) {}

  /** Looks one hash up. */
  Future<Answer> find(KeyHash hash) {
    Promise<Answer> promise;
    synchronized (this) {
      var flight = underWay.containsKey(hash) ? underWay.get(hash) : waiting.get(hash);
      if (flight != null) {
        return flight.future();
      }
      if (waiting.size() >= WAITING) {
        return Future.failedFuture(
            AIError.of(
                ErrorCode.OVERLOADED, "Too many keys are being checked; try again shortly."));
      }
      promise = Promise.promise();
      waiting.put(hash, promise);
      if (!underWay.isEmpty()) {
        return promise.future();
      }
      takeBatch();
    }
    ask();
    return promise.future();
  }

  /** Moves the next batch from waiting to under way; guarded by this. */
  private void takeBatch() {
    var batch = new HashMap<KeyHash, Promise<Answer>>();
    var entries = waiting.entrySet().iterator();
    while (entries.hasNext() && batch.size() < BATCH) {
      var entry = entries.next();
      batch.put(entry.getKey(), entry.getValue());
      entries.remove();
    }
    underWay = batch;
  }

  private void ask() {
    Map<KeyHash, Promise<Answer>> batch;
    synchronized (this) {
      batch = underWay;
    }
    var asked = clock.nanoTime();
    found(batch).onComplete(found -> answered(batch, found, asked));
  }

  private Future<Map<KeyHash, KnownKey>> found(Map<KeyHash, Promise<Answer>> batch) {
    try {
      return lookup.find(batch.keySet());
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private void answered(
      Map<KeyHash, Promise<Answer>> batch, AsyncResult<Map<KeyHash, KnownKey>> found, long asked) {
    boolean more;
    synchronized (this) {
      takeBatch();
      more = !underWay.isEmpty();
    }
    if (more) {
      ask();
    }
    batch.forEach(
        (hash, promise) -> {
          if (found.succeeded()) {
            promise.complete(new Answer(Optional.ofNullable(found.result().get(hash)), asked));
          } else {
            promise.fail(found.cause());
          }
        });
  }
}
