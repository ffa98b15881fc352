package dev.weir.cache;

import dev.weir.config.CacheSettings;
import dev.weir.core.Clock;
import dev.weir.core.Usd;
import dev.weir.gateway.Arms;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.OwnCalls;
import dev.weir.gateway.Stage;
import dev.weir.gateway.Target;
import dev.weir.jobs.Job;
import dev.weir.storage.Database;
import dev.weir.storage.Notifications;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The response cache of one process, shared by all event loops. Any thread. */
public final class ResponseCache {
  private static final Logger LOG = LogManager.getLogger(ResponseCache.class);
  private static final Duration WRITING = Duration.ofSeconds(2);
  private static final Duration CLEANING = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final CacheSettings settings;
  private final CacheMeters meters;
  private final CacheStage.Parts parts;
  private final CacheTable table;
  private final CacheCalls calls;
  private final CacheAdministration administration;
  private final Optional<Target> embedding;

  private ResponseCache(
      Vertx vertx,
      CacheSettings settings,
      CacheMeters meters,
      CacheStage.Parts parts,
      CacheTable table,
      CacheCalls calls,
      CacheAdministration administration,
      Optional<Target> embedding) {
    this.vertx = vertx;
    this.settings = settings;
    this.meters = meters;
    this.parts = parts;
    this.table = table;
    this.calls = calls;
    this.administration = administration;
    this.embedding = embedding;
  }

  /**
   * Opens it. Until the first word from the database it trusts nothing that it keeps in memory.
   *
   * @param notifications tells of invalidations
   * @param registry where its meters are registered
   * @param embedding who makes vectors of inputs; empty for nobody
   */
  public static ResponseCache open(
      Vertx vertx,
      CacheSettings settings,
      Database database,
      Notifications notifications,
      MeterRegistry registry,
      Optional<Target> embedding,
      Clock clock) {
    var meters = new CacheMeters(registry);
    var first = new FirstLevel(settings.maxBytes(), clock);
    var second =
        new SecondLevel(database, settings.patience(), settings.maxEntryBytes(), meters, clock);
    var generations = new Generations(clock);
    var flights = new Flights(meters::promoted, clock);
    var tallies = new Tallies(meters, clock);
    var warming = new Warming();
    var calls = new CacheCalls(warming, database, clock);
    var parts =
        new CacheStage.Parts(
            first,
            second,
            generations,
            flights,
            new FlightLeases(vertx, database, settings.patience(), meters, clock),
            new Similar(database, second, meters, clock),
            Optional.empty(),
            warming,
            new Keeper(
                first,
                second,
                generations,
                tallies,
                warming,
                meters,
                settings.maxEntryBytes(),
                settings.warmUpUsdPerDay().signum() > 0,
                clock),
            tallies,
            clock);
    meters.watch(first, flights, generations);
    var cache =
        new ResponseCache(
            vertx,
            settings,
            meters,
            parts,
            new CacheTable(database),
            calls,
            new CacheAdministration(
                database, first, generations, new Errands(calls, settings.on())),
            embedding);
    if (settings.on()) {
      new GenerationFeed(vertx, database, notifications, generations, first, clock).start();
      parts.leases().listen(notifications);
      vertx.setPeriodic(WRITING.toMillis(), _ -> cache.write());
    }
    return cache;
  }

  /**
   * Its stage for one event loop; where the cache is off, one that lets every call pass that does
   * not insist on a kept answer.
   *
   * @param embed what an attempt at an embedding passes on its way to the provider
   */
  public Stage stage(Chain embed) {
    return settings.on() ? new CacheStage(parts.with(embedder(embed))) : CacheStage::without;
  }

  /**
   * How it makes calls of its own, for warm-up and for tuning.
   *
   * @param context the event loop to which all of this belongs
   * @param gateway takes its calls like anybody's
   * @param own ends them when the node goes down
   * @param arms tells how a user's call would be planned
   * @param embed what an attempt at an embedding passes on its way to the provider
   * @param story what a call that needs no model passes before its last stage: it is admitted and
   *     leaves its record
   * @param atMost the most that one request of a call can cost; empty where nothing bounds it
   */
  public record Way(
      Context context,
      Gateway gateway,
      OwnCalls own,
      Arms arms,
      Chain embed,
      Function<Stage, Chain> story,
      Function<Exchange, Optional<Usd>> atMost) {}

  /** Lets it make calls of its own. On the gateway's event loop. */
  public void serve(Way way) {
    calls.serve(way, embedder(way.embed()));
  }

  private Optional<Embedder> embedder(Chain embed) {
    return embedding.map(target -> new Embedder(vertx, embed, target, parts.clock()));
  }

  /** What administrators do with it. */
  public CacheAdministration administration() {
    return administration;
  }

  /** What one node does for all: deleting what is over, asking again for what is worth it. */
  public List<Job> jobs() {
    return Stream.concat(
            Stream.of(Job.every(CLEANING, "cache-cleaning", table::clean)),
            settings.on()
                ? new WarmUp(
                        calls,
                        new WarmUp.Bounds(
                            settings.warmUpUsdPerDay(),
                            settings.warmUpEvery(),
                            settings.warmUpConcurrency()),
                        meters)
                    .job().stream()
                : Stream.empty())
        .toList();
  }

  /** Writes what was counted and not written yet. */
  public Future<Void> flush() {
    return write().compose(_ -> write());
  }

  private Future<Void> write() {
    var batch = parts.tallies().take();
    return table
        .add(batch)
        .onFailure(
            e -> {
              parts.tallies().putBack(batch);
              LOG.debug("The cache's figures were not written yet: {}", e.getMessage());
            });
  }
}
