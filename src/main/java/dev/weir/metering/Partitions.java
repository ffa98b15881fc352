package dev.weir.metering;

import dev.weir.jobs.Job;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The months of usage: made before their first call, by every node, and dropped when their time is
 * over, by one.
 */
public final class Partitions {
  private static final Logger LOG = LogManager.getLogger(Partitions.class);
  private static final String MAKE = "SELECT weir_make_partitions(3)";
  private static final Duration EVERY = Duration.ofHours(6);

  /**
   * Dropping takes the parent table for a moment, and whoever waits for it holds up all writers
   * that come after. So it gives up soon where a long query is in the way; the next run tries
   * again.
   */
  private static final String PATIENCE = "SELECT set_config('lock_timeout', '2s', true)";

  private static final String DROP = "SELECT weir_drop_partitions($1)";

  private Partitions() {}

  /**
   * Makes what is missing, now and every six hours, for as long as {@code vertx} lives. Never
   * blocks.
   */
  public static void keep(Vertx vertx, Database database) {
    make(database);
    vertx.setPeriodic(EVERY.toMillis(), _ -> make(database));
  }

  /**
   * The job that drops the calls of months which ended long ago; their roll-ups stay.
   *
   * @param monthsKept how many months after a month's end its calls are kept; 0 is for ever, and
   *     then there is no such job
   */
  public static Optional<Job> retirement(int monthsKept) {
    return monthsKept == 0
        ? Optional.empty()
        : Optional.of(Job.every(EVERY, "partitions", turn -> retire(turn, monthsKept)));
  }

  private static Future<Integer> retire(Turn turn, int monthsKept) {
    return turn.write(
            c ->
                c.query(PATIENCE)
                    .execute()
                    .compose(_ -> c.preparedQuery(DROP).execute(Tuple.of(monthsKept)))
                    .map(rows -> rows.iterator().next().getInteger(0)))
        .onSuccess(
            dropped -> {
              if (dropped > 0) {
                LOG.info(
                    "{} partitions that ended over {} months ago were dropped",
                    dropped,
                    monthsKept);
              }
            });
  }

  private static void make(Database database) {
    database
        .jobs(c -> c.query(MAKE).execute())
        .onFailure(e -> LOG.warn("The partitions ahead could not be made: {}", e.getMessage()));
  }
}
