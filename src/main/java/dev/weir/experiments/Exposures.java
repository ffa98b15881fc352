package dev.weir.experiments;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.weir.core.Clock;
import dev.weir.core.Ids;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Who was exposed to what: in memory for the users of now, in the database for good. Written in
 * batches every tenth of a second, so no call waits for it; what a node that dies has not written
 * comes with the rows of its calls. Looked up in batches too, and only for users that this node has
 * not seen. Any thread.
 */
final class Exposures {
  private static final Logger LOG = LogManager.getLogger(Exposures.class);
  private static final Duration PACE = Duration.ofMillis(100);
  private static final Duration GATHER = Duration.ofMillis(2);
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration REMEMBERED = Duration.ofHours(1);
  private static final Duration SILENCE = Duration.ofSeconds(1);
  private static final Duration ABSENT = Duration.ofSeconds(5);
  private static final int MOST_ABSENT = 100_000;
  private static final int MOST_ASKED = 10_000;
  private static final int MOST_KNOWN = 500_000;
  private static final int MOST_WAITING = 100_000;

  private final Vertx vertx;
  private final ExposureTable table;
  private final Clock clock;
  private final UUID process;
  private final Cache<Exposure.Key, Exposure> known =
      Caffeine.newBuilder().maximumSize(MOST_KNOWN).expireAfterAccess(REMEMBERED).build();
  private Map<Exposure.Key, ExposureTable.Told> waiting = new HashMap<>();
  private Map<Exposure.Key, Promise<Optional<Exposure>>> asked = new HashMap<>();
  private final Cache<Exposure.Key, Boolean> absent =
      Caffeine.newBuilder().maximumSize(MOST_ABSENT).expireAfterWrite(ABSENT).build();
  private Optional<ExposureTable.Batch> unwritten = Optional.empty();
  private long batches;
  private boolean writing;
  private boolean looking;
  private boolean stuck;
  private boolean lost;
  private long lostNanos;
  private long rosters;

  Exposures(Vertx vertx, Database database, Clock clock) {
    this.vertx = vertx;
    this.table = new ExposureTable(database);
    this.clock = clock;
    this.process = Ids.next(clock);
  }

  /** Writes what there is ten times a second, for as long as {@code vertx} lives. */
  void keep() {
    vertx.setPeriodic(PACE.toMillis(), _ -> flush());
  }

  /** What this node knows of a user. */
  Optional<Exposure> remembered(Exposure.Key key) {
    return Optional.ofNullable(known.getIfPresent(key));
  }

  /** A user enters. */
  void tell(Exposure.Key key, Exposure exposure) {
    known.put(key, exposure);
    put(new ExposureTable.Told(key, exposure, clock.now(), 0));
  }

  /** A call of an exposed user was refused before its admission. */
  void refused(Exposure.Key key, Exposure exposure) {
    put(new ExposureTable.Told(key, exposure, clock.now(), 1));
  }

  private synchronized void put(ExposureTable.Told told) {
    // Beyond the bound an exposure comes with the row of its call, and a refusal is not counted.
    if (waiting.size() < MOST_WAITING || waiting.containsKey(told.key())) {
      waiting.merge(told.key(), told, ExposureTable.Told::and);
    }
  }

  /**
   * What is stored of a user; fails if nobody can tell in time. One look at a time is under way, so
   * that a slow database is asked no more than it answers.
   */
  Future<Optional<Exposure>> stored(Exposure.Key key) {
    if (absent.getIfPresent(key) != null) {
      return Future.succeededFuture(Optional.empty());
    }
    Promise<Optional<Exposure>> answer;
    synchronized (this) {
      if (silent() || (asked.size() >= MOST_ASKED && !asked.containsKey(key))) {
        return Future.failedFuture("nobody can tell in time who was exposed");
      }
      if (!looking) {
        looking = true;
        vertx.setTimer(GATHER.toMillis(), _ -> look());
      }
      answer = asked.computeIfAbsent(key, _ -> Promise.promise());
    }
    var context = Vertx.currentContext();
    if (context == null) {
      return answer.future();
    }
    var here = Promise.<Optional<Exposure>>promise();
    answer.future().onComplete(done -> context.runOnContext(_ -> here.handle(done)));
    return here.future();
  }

  /** Other experiments run now, or others may be entered: who was exposed to none may be now. */
  void forgetAbsences() {
    synchronized (this) {
      rosters++;
    }
    absent.invalidateAll();
  }

  private boolean silent() {
    return stuck || (lost && clock.nanoTime() - lostNanos < SILENCE.toNanos());
  }

  private void look() {
    Map<Exposure.Key, Promise<Optional<Exposure>>> wanted;
    long under;
    synchronized (this) {
      wanted = asked;
      asked = new HashMap<>();
      under = rosters;
      if (wanted.isEmpty()) {
        looking = false;
        return;
      }
    }
    var found = table.find(wanted.keySet());
    found.onComplete(_ -> looked());
    found
        .timeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .onSuccess(exposures -> answer(wanted, exposures, under))
        .onFailure(e -> giveUp(wanted, e, found));
  }

  /** The next look, once the one before has returned. */
  private synchronized void looked() {
    stuck = false;
    vertx.setTimer(GATHER.toMillis(), _ -> look());
  }

  private void answer(
      Map<Exposure.Key, Promise<Optional<Exposure>>> wanted,
      Map<Exposure.Key, Exposure> found,
      long under) {
    synchronized (this) {
      lost = false;
      if (under == rosters) {
        wanted.keySet().stream()
            .filter(key -> !found.containsKey(key))
            .forEach(key -> absent.put(key, true));
      }
    }
    wanted.forEach(
        (key, answer) -> {
          var exposure = Optional.ofNullable(found.get(key));
          exposure.ifPresent(e -> known.put(key, e));
          answer.complete(exposure);
        });
  }

  /** Nobody waits for a database that did not answer in time, nor asks it for a while. */
  private void giveUp(
      Map<Exposure.Key, Promise<Optional<Exposure>>> wanted, Throwable e, Future<?> look) {
    Map<Exposure.Key, Promise<Optional<Exposure>>> gathered;
    synchronized (this) {
      gathered = asked;
      asked = new HashMap<>();
      stuck = !look.isComplete();
      lost = true;
      lostNanos = clock.nanoTime();
    }
    wanted.values().forEach(answer -> answer.fail(e));
    gathered.values().forEach(answer -> answer.fail(e));
  }

  /**
   * Writes what there is. A batch that may not have been written is written again as it was, before
   * anything else: so a refusal whose commit was not heard of counts once.
   */
  Future<Void> flush() {
    ExposureTable.Batch batch;
    synchronized (this) {
      if (writing || (waiting.isEmpty() && unwritten.isEmpty())) {
        return Future.succeededFuture();
      }
      writing = true;
      batch = unwritten.orElseGet(this::gather);
      unwritten = Optional.of(batch);
    }
    return table
        .tell(batch)
        .onSuccess(stand -> stand.forEach(known::put))
        .onComplete((_, failure) -> written(failure == null || refused(failure)))
        .mapEmpty();
  }

  private ExposureTable.Batch gather() {
    var told = List.copyOf(waiting.values());
    waiting = new HashMap<>();
    return new ExposureTable.Batch(process, ++batches, told);
  }

  private synchronized void written(boolean done) {
    writing = false;
    if (done) {
      unwritten = Optional.empty();
    }
  }

  /** Whether the database will never take the batch. */
  private static boolean refused(Throwable failure) {
    var never =
        failure instanceof PgException e && String.valueOf(e.getSqlState()).matches("2[23].*");
    if (never) {
      LOG.warn("The database refuses a batch of exposures, which come with their calls", failure);
    } else {
      LOG.debug("Exposures wait for the database: {}", failure.getMessage());
    }
    return never;
  }
}
