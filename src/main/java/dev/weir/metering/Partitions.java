package dev.weir.metering;

import dev.weir.storage.Database;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Sees to it that the months ahead have their partitions before their first call. */
public final class Partitions {
  private static final Logger LOG = LogManager.getLogger(Partitions.class);
  private static final String MAKE = "SELECT weir_make_partitions(3)";
  private static final Duration EVERY = Duration.ofHours(6);

  private Partitions() {}

  /**
   * Makes what is missing, now and every six hours, for as long as {@code vertx} lives. Never
   * blocks.
   */
  public static void keep(Vertx vertx, Database database) {
    make(database);
    vertx.setPeriodic(EVERY.toMillis(), _ -> make(database));
  }

  private static void make(Database database) {
    database
        .jobs(c -> c.query(MAKE).execute())
        .onFailure(e -> LOG.warn("The partitions ahead could not be made: {}", e.getMessage()));
  }
}
