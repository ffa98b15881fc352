package dev.weir.cache;

import dev.weir.core.Clock;
import dev.weir.gateway.Exchange;
import dev.weir.storage.Database;
import dev.weir.storage.Notifications;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Flights over all nodes: a row per key says who leads and until when. The leader renews it while
 * it asks; each new leader gets a higher epoch, and what an overtaken one stores is refused.
 * Whoever does not lead waits for the word of its end, which is stored, failed or uncacheable, and
 * looks by itself from time to time, since words may be lost. Thread-safe.
 *
 * <pre>
 * none, ended or lapsed --begin--&gt; flying (epoch + 1) --renew--&gt; flying
 * flying --store, in its transaction--&gt; stored     flying --end--&gt; failed, uncacheable
 * </pre>
 */
final class FlightLeases {
  private static final Logger LOG = LogManager.getLogger(FlightLeases.class);
  private static final String CHANNEL = "weir_flights";
  private static final String BEGIN =
      "SELECT lead, ends_in_ms FROM weir_flight_begin($1, $2, $3, $4)";
  private static final String RENEW =
      """
      UPDATE cache_flights SET expires_at = clock_timestamp() + make_interval(secs => $3)
      WHERE cache_key = $1 AND epoch = $2 AND state = 'flying'
      """;
  private static final String END =
      """
      UPDATE cache_flights SET state = $3, changed_at = now()
      WHERE cache_key = $1 AND epoch = $2 AND state = 'flying'
      """;
  private static final Duration TIME_TO_LIVE = Duration.ofSeconds(6);
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** Calls of such functions take seconds, so they can wait longer for a lead than for a look. */
  private static final Duration LEAST_PATIENCE = Duration.ofSeconds(1);

  private static final int MOST_BEGINNING = 256;

  private final Vertx vertx;
  private final Database database;
  private final CacheMeters meters;
  private final StepAside beginning;
  private final UUID holder = UUID.randomUUID();
  private final ConcurrentMap<String, Set<Promise<End>>> waiting = new ConcurrentHashMap<>();

  /**
   * Flights over this database.
   *
   * @param patience how long a look into it may take; a lead may take so long or a second
   */
  FlightLeases(Vertx vertx, Database database, Duration patience, CacheMeters meters, Clock clock) {
    this.vertx = vertx;
    this.database = database;
    this.meters = meters;
    this.beginning =
        new StepAside(
            patience.compareTo(LEAST_PATIENCE) > 0 ? patience : LEAST_PATIENCE,
            MOST_BEGINNING,
            clock);
  }

  /** How a flight elsewhere ended. */
  enum End {
    /** Its answer is in the second level. */
    STORED,
    /** It has none; another may lead. */
    FAILED,
    /** It has one that nobody else can get. */
    UNCACHEABLE,
    /** Nobody knows yet. */
    UNKNOWN;

    String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    static End of(String label) {
      for (var end : values()) {
        if (end.label().equals(label)) {
          return end;
        }
      }
      return UNKNOWN;
    }
  }

  /** Begins to hear of flights' ends. */
  void listen(Notifications notifications) {
    notifications.listen(CHANNEL, this::ended);
  }

  private void ended(String payload) {
    var colon = payload.indexOf(':');
    var told = colon < 0 ? null : waiting.remove(payload.substring(0, colon));
    if (told != null) {
      var end = End.of(payload.substring(colon + 1));
      told.forEach(promise -> promise.tryComplete(end));
    }
  }

  /** A lead, or the waiting for the end of another's. */
  sealed interface Turn {
    /** This node leads. */
    record Leads(Lease lease) implements Turn {}

    /** Another does; the end is told, or unknown after a while. */
    record Waits(Future<End> end) implements Turn {}
  }

  /** Takes the lead, or waits. Fails where the database does not answer in time. */
  Future<Turn> begin(Exchange x, Terms terms) {
    var key = terms.subjects().key();
    // In the list before the question: the end may be told before the answer is here.
    var word = Promise.<End>promise();
    waiting.computeIfAbsent(key, _ -> ConcurrentHashMap.newKeySet()).add(word);
    word.future().onComplete((_, _) -> forget(key, word));
    return beginning
        .run(
            () -> ask(terms),
            Optional.<Row>empty(),
            meters::aside,
            late -> late.ifPresent(row -> letGo(terms, row)))
        .compose(
            row -> {
              if (row.isPresent() && row.get().getLong("lead") == 0) {
                return Future.succeededFuture(
                    new Turn.Waits(waited(x, word, row.get().getLong("ends_in_ms"))));
              }
              word.tryComplete(End.UNKNOWN);
              return row.isPresent()
                  ? Future.succeededFuture(new Turn.Leads(lease(terms, row.get())))
                  : Future.failedFuture("nobody can tell in time who leads");
            });
  }

  private Future<Optional<Row>> ask(Terms terms) {
    return database.inUser(
        terms.user(),
        c ->
            c.preparedQuery(BEGIN)
                .execute(
                    Tuple.of(
                        terms.subjects().key(),
                        terms.subjects().owner().orElse(null),
                        holder,
                        TIME_TO_LIVE.toMillis() / 1000.0))
                .map(rows -> Optional.of(rows.iterator().next())));
  }

  private Lease lease(Terms terms, Row row) {
    return new Lease(terms.user(), terms.subjects().key(), row.getLong("lead"));
  }

  /** The lead came after its call had gone on alone: others need not wait for its end. */
  private void letGo(Terms terms, Row row) {
    if (row.getLong("lead") > 0) {
      lease(terms, row).end(End.FAILED);
    }
  }

  private Future<End> waited(Exchange x, Promise<End> word, long millis) {
    var timer =
        vertx.setTimer(Math.clamp(millis, 1, LOOK.toMillis()), _ -> word.tryComplete(End.UNKNOWN));
    var unlisten = x.cancellation().onCancel(_ -> word.tryComplete(End.UNKNOWN));
    var context = Vertx.currentContext();
    var here = Promise.<End>promise();
    word.future()
        .onSuccess(
            end -> {
              vertx.cancelTimer(timer);
              if (context == null) {
                here.complete(end);
              } else {
                context.runOnContext(
                    _ -> {
                      unlisten.run();
                      here.complete(end);
                    });
              }
            });
    return here.future();
  }

  private void forget(String key, Promise<End> word) {
    waiting.computeIfPresent(
        key,
        (_, all) -> {
          all.remove(word);
          return all.isEmpty() ? null : all;
        });
  }

  /** The lead of a flight over all nodes. */
  final class Lease {
    private final String user;
    private final String key;
    private final long epoch;
    private final long timer;

    private Lease(String user, String key, long epoch) {
      this.user = user;
      this.key = key;
      this.epoch = epoch;
      this.timer = vertx.setPeriodic(TIME_TO_LIVE.toMillis() / 4, _ -> renew());
    }

    /** What a store must bear to be of this flight. */
    long epoch() {
      return epoch;
    }

    private void renew() {
      write(RENEW, Tuple.of(key, epoch, TIME_TO_LIVE.toMillis() / 1000.0));
    }

    /** The store itself has ended it: it is renewed no more. */
    void stored() {
      vertx.cancelTimer(timer);
    }

    /** Ends it, and tells whoever waits. */
    void end(End how) {
      vertx.cancelTimer(timer);
      write(END, Tuple.of(key, epoch, how.label()));
    }

    private void write(String sql, Tuple values) {
      database
          .inUser(user, c -> c.preparedQuery(sql).execute(values))
          .onFailure(e -> LOG.debug("A flight's lease was not written: {}", e.getMessage()));
    }
  }
}
