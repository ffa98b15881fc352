package dev.weir.app;

import static dev.weir.app.Ground.CLOSE;
import static dev.weir.app.Ground.STEP;

import dev.weir.access.DevKeys;
import dev.weir.access.FirstAdminKey;
import dev.weir.access.KeyAuthenticator;
import dev.weir.access.KeyStore;
import dev.weir.cache.ResponseCache;
import dev.weir.config.Mode;
import dev.weir.config.WeirConfig;
import dev.weir.core.Ids;
import dev.weir.health.Health;
import dev.weir.http.Connections;
import dev.weir.jobs.Jobs;
import dev.weir.limits.RefusalLog;
import dev.weir.metering.Partitions;
import dev.weir.pricing.PriceFile;
import dev.weir.pricing.PriceTable;
import dev.weir.pricing.TokenCounter;
import dev.weir.prompts.CatalogueWatch;
import dev.weir.providers.Directory;
import dev.weir.telemetry.CallLog;
import dev.weir.telemetry.CallMeters;
import dev.weir.telemetry.Logs;
import dev.weir.telemetry.UserHash;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * One running Weir. {@link #start} builds everything in order and reads as the inventory of the
 * house; {@link #stop} takes it down: no new calls, the calls under way to their end or the
 * drain's, the usage into the database while that still answers, the database last. Both block, and
 * belong to one thread.
 */
public final class Weir {
  private static final Logger LOG = LogManager.getLogger(Weir.class);
  private final WeirConfig config;
  private final Shutdown shutdown = new Shutdown();
  private volatile boolean draining;
  private Optional<Vertx> reactor = Optional.empty();
  private Optional<Ports> ports = Optional.empty();
  private Optional<String> banner = Optional.empty();

  /**
   * Where a running service listens.
   *
   * @param api the public port
   * @param management the management port
   */
  public record Ports(int api, int management) {}

  private Weir(WeirConfig config) {
    this.config = config;
  }

  /**
   * Starts a service.
   *
   * @throws RuntimeException whose message tells the operator what is wrong; what was opened by
   *     then is closed again
   */
  public static Weir start(WeirConfig config, Logs logs) {
    var weir = new Weir(config);
    try {
      weir.open(logs);
      return weir;
    } catch (RuntimeException e) {
      weir.shutdown.run();
      throw e;
    }
  }

  private void open(Logs logs) {
    TokenCounter.preload();
    var prices = prices();
    var models = new Directory(config, prices.models());
    var functions = Functions.watch(config, models);
    shutdown.opened("the function watch", functions::close);

    var ground = Ground.open(config, prices, shutdown);
    var vertx = ground.vertx();
    var database = ground.database();
    var clock = ground.clock();
    reactor = Optional.of(vertx);
    Partitions.keep(vertx, database);
    var users = users();
    var spend = Spend.open(ground, users);
    var cache = cache(ground);
    var trials = Trials.open(ground, functions, models);
    var jobs = jobs(ground, spend, cache, trials);

    var process = Ids.next(clock);
    var ledger = OpenLimits.open(ground, process);
    var limits = ledger.limits();
    var refusals = new RefusalLog(database, process, clock);
    refusals.keep(vertx);
    shutdown.opened("the refusals", () -> Waiting.on(refusals.flush(), CLOSE, "writing refusals"));
    var journal =
        UsageJournal.open(
            config.journal(),
            process,
            ground.loops(),
            vertx,
            database,
            () -> prices,
            clock,
            limits::written);
    // Before "the limits" are: whether they could be is what the journal's end depends on.
    shutdown.opened("the journal of usage", () -> journal.close(() -> OpenLimits.close(ledger)));

    var keys = new KeyStore(database, clock);
    var authenticator = KeyAuthenticator.open(vertx, keys, config.mode(), clock);
    shutdown.opened("the keys", () -> Waiting.on(authenticator.flush(), CLOSE, "flushing"));
    var devKeys = firstKeys(ground, keys);

    var guards = Guards.open(ground);
    var reports =
        new CallReports(
            new CallLog(users),
            new CallMeters(ground.metrics().registry(), config.providers().keySet()),
            spend.costs());
    var stages = Stages.of(ground, reports, trials, limits, refusals, cache, guards);
    var health = HealthReport.of(ground, guards.breakers(), spend, jobs, journal);
    var management =
        OpenManagement.open(
            ground,
            health,
            new OpenManagement.Rooms(
                authenticator,
                keys,
                logs,
                functions,
                models,
                spend,
                cache,
                trials,
                limits,
                refusals,
                guards.breakers()));

    var parts =
        new GatewayVerticle.Parts(
            config,
            clock,
            trials.registry(),
            models,
            spend.analytics(),
            authenticator,
            spend.forecasts(),
            trials.feedback(),
            trials.ownCalls(),
            stages,
            () -> draining,
            new Connections(config.http().maxConnections()),
            reports);
    var verticles =
        IntStream.range(0, ground.loops())
            .mapToObj(n -> new GatewayVerticle(parts, journal.loop(n)))
            .toList();
    var doors = new Doors(vertx, verticles, clock);
    doors.open();
    trials.evaluations().open();
    shutdown.opened("the doors", () -> close(doors, health));
    shutdown.opened(
        "the evaluations",
        () -> Waiting.on(trials.evaluations().close(), CLOSE, "ending evaluations"));
    // Before the doors drain: callers have the time that is left for themselves.
    shutdown.opened(
        "Weir's own calls",
        () -> Waiting.on(trials.ownCalls().close(), CLOSE, "ending Weir's own calls"));
    Gauges.register(ground.metrics(), journal, logs, doors, spend.alerts());
    functions.start();
    health.started();

    ports = Optional.of(new Ports(doors.port(), management));
    banner = devKeys.map(k -> banner(k, functions, models));
    LOG.info("Weir is up on port {}, management on {}", ports().api(), ports().management());
  }

  private static ResponseCache cache(Ground ground) {
    var cache =
        ResponseCache.open(
            ground.vertx(),
            ground.config().cache(),
            ground.database(),
            ground.notifications(),
            ground.metrics().registry(),
            Embedding.of(ground.config()),
            ground.clock());
    ground
        .shutdown()
        .opened("the cache", () -> Waiting.on(cache.flush(), CLOSE, "writing its figures"));
    return cache;
  }

  /** What is done without anybody asking, by one node at a time. */
  private static Jobs jobs(Ground ground, Spend spend, ResponseCache cache, Trials trials) {
    var retirement = Partitions.retirement(ground.config().metering().retentionMonths());
    var all =
        Stream.of(retirement.stream(), spend.jobs(), trials.jobs(), cache.jobs().stream())
            .flatMap(Function.identity())
            .toList();
    var jobs = Jobs.start(ground.vertx(), ground.database(), ground.clock(), all);
    ground.shutdown().opened("the jobs", () -> Waiting.on(jobs.close(), CLOSE, "closing"));
    return jobs;
  }

  /** Takes everything down in order and returns when it is gone. Harmless when done twice. */
  public void stop() {
    draining = true;
    shutdown.run();
  }

  /** Where it listens. */
  public Ports ports() {
    return ports.orElseThrow(() -> new IllegalStateException("not started"));
  }

  /**
   * Its reactor: whoever embeds Weir deploys sibling verticles here, which call it on the event
   * bus.
   */
  public Vertx vertx() {
    return reactor.orElseThrow(() -> new IllegalStateException("not started"));
  }

  /** What a developer is shown; empty in prod. It holds keys: for the terminal alone. */
  public Optional<String> banner() {
    return banner;
  }

  private PriceTable prices() {
    return switch (PriceFile.read(config.pricesFile())) {
      case PriceFile.Result.Loaded loaded -> loaded.table();
      case PriceFile.Result.Refused refused ->
          throw new StartFailure(
              "The prices cannot be used:\n  " + String.join("\n  ", refused.faults()));
    };
  }

  private UserHash users() {
    try {
      return UserHash.of(config.logging().userSalt(), config.dataDir());
    } catch (IOException e) {
      throw new StartFailure(
          "The salt for users' hashes cannot be kept in "
              + config.dataDir()
              + "; make it writable or set WEIR_LOGGING_USER_SALT.",
          e);
    }
  }

  private Optional<DevKeys> firstKeys(Ground ground, KeyStore keys) {
    if (config.mode() == Mode.DEV) {
      Waiting.on(OpenLimits.welcomeDemo(ground.database()), STEP, "The demo user");
      var prepared = DevKeys.prepare(ground.vertx(), config.dataDir(), keys);
      return Optional.of(Waiting.on(prepared, STEP, "The dev keys"));
    }
    config
        .management()
        .adminKey()
        .ifPresent(
            key -> Waiting.on(FirstAdminKey.register(keys, key), STEP, "The first admin key"));
    return Optional.empty();
  }

  private void close(Doors doors, Health health) throws InterruptedException {
    draining = true;
    health.draining();
    doors.drain(config.drain());
    doors.close();
  }

  private String banner(DevKeys keys, CatalogueWatch functions, Directory models) {
    return Banner.of(
        url(config.http().host(), ports().api()),
        url(config.management().host(), ports().management()),
        keys.demo().reveal(),
        keys.admin().reveal(),
        functions.get(),
        functions.get().all().stream()
            .anyMatch(f -> models.routeFunction(f.model(), f.fallbacks()).first().simulated()));
  }

  private static String url(String host, int port) {
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
