package dev.weir.cache;

import dev.weir.config.CacheSettings;
import dev.weir.core.Clock;
import dev.weir.gateway.Stage;
import dev.weir.jobs.Job;
import dev.weir.storage.Database;
import dev.weir.storage.Notifications;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The response cache of one process, shared by all event loops. Any thread. */
public final class ResponseCache {
  private static final Logger LOG = LogManager.getLogger(ResponseCache.class);
  private static final Duration WRITING = Duration.ofSeconds(2);
  private static final Duration CLEANING = Duration.ofSeconds(30);

  private final Stage stage;
  private final CacheTable table;
  private final Tallies tallies;

  private ResponseCache(Stage stage, CacheTable table, Tallies tallies) {
    this.stage = stage;
    this.table = table;
    this.tallies = tallies;
  }

  /**
   * Opens it. Until the first word from the database it trusts nothing that it keeps in memory.
   *
   * @param notifications tells of invalidations
   * @param registry where its meters are registered
   */
  public static ResponseCache open(
      Vertx vertx,
      CacheSettings settings,
      Database database,
      Notifications notifications,
      MeterRegistry registry,
      Clock clock) {
    var meters = new CacheMeters(registry);
    var first = new FirstLevel(settings.maxBytes(), clock);
    var second =
        new SecondLevel(database, settings.patience(), settings.maxEntryBytes(), meters, clock);
    var generations = new Generations(clock);
    var flights = new Flights(meters::promoted);
    var tallies = new Tallies(meters, clock);
    var keeper =
        new Keeper(first, second, generations, tallies, meters, settings.maxEntryBytes(), clock);
    meters.watch(first, flights);
    var table = new CacheTable(database);
    if (!settings.on()) {
      return new ResponseCache((x, next) -> next.proceed(x), table, tallies);
    }
    new GenerationFeed(vertx, database, notifications, generations, first, clock).start();
    var cache =
        new ResponseCache(
            new CacheStage(first, second, generations, flights, keeper, tallies, clock),
            table,
            tallies);
    vertx.setPeriodic(WRITING.toMillis(), _ -> cache.write());
    return cache;
  }

  /** Its stage; where the cache is off, one that lets every call pass. */
  public Stage stage() {
    return stage;
  }

  /** What one node does for all: deleting what is over. */
  public List<Job> jobs() {
    return List.of(Job.every(CLEANING, "cache-cleaning", table::clean));
  }

  /** Writes what was counted and not written yet. */
  public Future<Void> flush() {
    return write().compose(_ -> write());
  }

  private Future<Void> write() {
    return table
        .add(tallies.take())
        .onFailure(e -> LOG.debug("The cache's figures were not written: {}", e.getMessage()));
  }
}
