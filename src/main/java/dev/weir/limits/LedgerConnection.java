package dev.weir.limits;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import dev.weir.storage.Notifications;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.UUID;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The process's limits with everything around them: the ledger in Postgres, the desk on an event
 * loop of its own, the notifications by which processes recall units from each other, and the
 * upkeep of the ledger's tables.
 */
public final class LedgerConnection {
  private static final Logger LOG = LogManager.getLogger(LedgerConnection.class);
  private static final String END =
      "UPDATE ledger_processes SET ended_at = weir_clock() WHERE process_id = $1";
  private static final String REPLAYED = "SELECT weir_replayed($1)";
  private static final String MARK = "SELECT weir_mark_in_doubt()";
  private static final String PRUNE =
      "DELETE FROM leases WHERE state = 'closed' AND closed_at < weir_clock() - interval '2 days'";
  private static final String PRUNE_BATCHES =
      "DELETE FROM refusal_batches WHERE written_at < now() - interval '2 days'";
  private static final Duration UPKEEP = Duration.ofSeconds(30);
  private static final Duration PRUNING = Duration.ofHours(1);

  private final Vertx vertx;
  private final Database database;
  private final UUID process;
  private final Limits limits;

  /** Guarded by this. */
  private @Nullable Future<Void> closing;

  private LedgerConnection(Vertx vertx, Database database, UUID process, Limits limits) {
    this.vertx = vertx;
    this.database = database;
    this.process = process;
    this.limits = limits;
  }

  /**
   * Opens it; connects on first use.
   *
   * @param process this process's id, the same as its journal's
   * @param node its name, for people
   * @param enforcement what becomes of a call over a limit
   */
  public static LedgerConnection open(
      Vertx vertx,
      Database database,
      UUID process,
      String node,
      Clock clock,
      Limits.Enforcement enforcement) {
    var desk =
        new LeaseDesk(
            new PostgresLedger(database, process, node),
            clock,
            loop(vertx, vertx.getOrCreateContext()));
    var limits = new Limits(desk, clock, enforcement);
    var connection = new LedgerConnection(vertx, database, process, limits);
    desk.start();
    connection.keep();
    return connection;
  }

  /** The limits. */
  public Limits limits() {
    return limits;
  }

  /**
   * Hears what other processes and administrators do. Without it, all of it takes a lease's time.
   */
  public void listen(Notifications notifications) {
    notifications.listen(
        "weir_recall",
        payload -> {
          var space = payload.indexOf(' ');
          if (space > 0 && !payload.substring(0, space).equals(process.toString())) {
            limits.recalled(payload.substring(space + 1));
          }
        });
    notifications.listen("weir_returns", limits::returned);
    notifications.listen("weir_subjects", limits::changed);
  }

  /**
   * A dead process's journal is in the database, whole: its leases close, and what no row of usage
   * names comes back; nothing is held for it any more. Repeated without harm.
   *
   * @param database where its leases are
   * @param dead the process, by the name of its journal
   */
  public static Future<Void> replayed(Database database, UUID dead) {
    return database.ledger(c -> c.preparedQuery(REPLAYED).execute(Tuple.of(dead)).mapEmpty());
  }

  /**
   * Gives everything back and says goodbye. All calls have ended, their rows are written. A second
   * time changes nothing.
   *
   * @return fails if the ledger did not hear of it: then all of it stays charged until the replay
   *     of this process's journal
   */
  public synchronized Future<Void> close() {
    if (closing == null) {
      closing =
          limits
              .close()
              .compose(
                  _ ->
                      database.ledger(
                          c -> c.preparedQuery(END).execute(Tuple.of(process)).mapEmpty()));
    }
    return closing;
  }

  private void keep() {
    vertx.setPeriodic(
        UPKEEP.toMillis(),
        _ -> {
          limits.sweep();
          quietly(database.ledger(c -> c.query(MARK).execute()), "leases in doubt");
        });
    vertx.setPeriodic(
        PRUNING.toMillis(),
        _ -> {
          quietly(database.jobs(c -> c.query(PRUNE).execute()), "leases long closed");
          quietly(database.jobs(c -> c.query(PRUNE_BATCHES).execute()), "batches of refusals");
        });
  }

  private static void quietly(Future<?> done, String what) {
    done.onFailure(e -> LOG.debug("The upkeep of {} failed: {}", what, e.getMessage()));
  }

  private static LeaseDesk.Loop loop(Vertx vertx, Context context) {
    return new LeaseDesk.Loop() {
      @Override
      public void run(Runnable work) {
        context.runOnContext(_ -> work.run());
      }

      @Override
      public void after(Duration delay, Runnable work) {
        vertx.setTimer(Math.max(1, delay.toMillis()), _ -> run(work));
      }
    };
  }
}
