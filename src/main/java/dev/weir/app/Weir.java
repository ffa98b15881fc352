package dev.weir.app;

import dev.weir.access.DevKeys;
import dev.weir.access.FirstAdminKey;
import dev.weir.access.KeyAuthenticator;
import dev.weir.access.KeyStore;
import dev.weir.admin.AdminApi;
import dev.weir.admin.CacheApi;
import dev.weir.admin.ContentsApi;
import dev.weir.admin.EvaluationsApi;
import dev.weir.admin.ExperimentsApi;
import dev.weir.admin.LimitsApi;
import dev.weir.admin.PromptsApi;
import dev.weir.admin.RepriceApi;
import dev.weir.admin.ShadowsApi;
import dev.weir.admin.SpendApi;
import dev.weir.admin.UsageApi;
import dev.weir.alerts.AlertStore;
import dev.weir.alerts.AnomalyWatch;
import dev.weir.alerts.CostDifferences;
import dev.weir.analytics.UsageAnalytics;
import dev.weir.cache.ResponseCache;
import dev.weir.config.Mode;
import dev.weir.config.WeirConfig;
import dev.weir.contents.Contents;
import dev.weir.core.Ids;
import dev.weir.evaluation.Evaluations;
import dev.weir.evaluation.Preparation;
import dev.weir.evaluation.Shadows;
import dev.weir.experiments.Evaluation;
import dev.weir.experiments.ExperimentReports;
import dev.weir.experiments.Experiments;
import dev.weir.experiments.Feedback;
import dev.weir.experiments.SizeEstimate;
import dev.weir.forecast.ForecastService;
import dev.weir.gateway.OwnCalls;
import dev.weir.health.Concern;
import dev.weir.health.Health;
import dev.weir.health.HealthEndpoints;
import dev.weir.http.Connections;
import dev.weir.jobs.JobStatus;
import dev.weir.jobs.Jobs;
import dev.weir.limits.Quotas;
import dev.weir.limits.RefusalLog;
import dev.weir.limits.SpendingStage;
import dev.weir.management.ManagementServer;
import dev.weir.metering.Partitions;
import dev.weir.output.OutputStage;
import dev.weir.pricing.PriceFile;
import dev.weir.pricing.PriceTable;
import dev.weir.pricing.TokenCounter;
import dev.weir.prompts.CatalogueWatch;
import dev.weir.prompts.ContentPolicy;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.providers.Directory;
import dev.weir.registry.PromptRegistry;
import dev.weir.repricing.Repricer;
import dev.weir.resilience.BreakerState;
import dev.weir.resilience.BreakerStatus;
import dev.weir.resilience.Breakers;
import dev.weir.resilience.HeapAfterCollection;
import dev.weir.resilience.Overload;
import dev.weir.resilience.RetryBudget;
import dev.weir.resilience.SheddingStage;
import dev.weir.resilience.Throttles;
import dev.weir.storage.Database;
import dev.weir.storage.DatabaseClock;
import dev.weir.storage.Notifications;
import dev.weir.telemetry.CallLog;
import dev.weir.telemetry.CallMeters;
import dev.weir.telemetry.CostWatch;
import dev.weir.telemetry.EventLoopLag;
import dev.weir.telemetry.Logs;
import dev.weir.telemetry.Metrics;
import dev.weir.telemetry.UserHash;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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
  private static final Duration STEP = Duration.ofSeconds(30);
  private static final Duration CLOSE = Duration.ofSeconds(5);

  /** What an open breaker takes from the health's score of 100. */
  private static final int OPEN_BREAKER = 20;

  /** And a model whose price and whose provider's own figure differ. */
  private static final int STRAYED_COST = 5;

  private final WeirConfig config;
  private final Shutdown shutdown = new Shutdown();
  private final DatabaseClock clock = new DatabaseClock();
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
    var prices = prices();
    var models = new Directory(config, prices.models());
    var functions = Functions.watch(config, models);
    shutdown.opened("the function watch", functions::close);

    var url = OpenDatabase.migrate(config, shutdown).url();

    var metrics = new Metrics();
    shutdown.opened("the meters", metrics::close);
    var loops = Runtime.getRuntime().availableProcessors();
    var vertx = metrics.vertx(new VertxOptions().setEventLoopPoolSize(loops)).build();
    shutdown.opened("Vert.x", () -> Waiting.on(vertx.close(), CLOSE, "closing"));
    reactor = Optional.of(vertx);
    var lag = new EventLoopLag(clock, metrics.registry(), loops);
    Waiting.on(lag.watch(vertx), STEP, "Starting the event loops");
    var health = new Health(vertx, clock, lag);

    var database = OpenDatabase.pools(vertx, url, config, shutdown);
    Waiting.on(clock.follow(vertx, database), STEP, "The database's time");
    Partitions.keep(vertx, database);
    var users = users();
    var forecasts = new ForecastService(vertx, database, () -> prices, clock);
    var alerts = new AlertStore(database);
    alerts.watch(vertx);
    var feedback = new Feedback(vertx, database, clock);
    var anomalies = new AnomalyWatch(config.alerts(), users::of, metrics.registry());
    var notifications = OpenDatabase.notifications(vertx, url, config, shutdown);
    var cache =
        ResponseCache.open(
            vertx,
            config.cache(),
            database,
            notifications,
            metrics.registry(),
            Embedding.of(config),
            clock);
    shutdown.opened("the cache", () -> Waiting.on(cache.flush(), CLOSE, "writing its figures"));
    var contents = new Contents(database, metrics.registry());
    contents.follow(vertx);
    shutdown.opened(
        "the contents", () -> Waiting.on(contents.flush(), CLOSE, "writing stored contents"));
    var registry = registry(config, vertx, database, functions, models, notifications);
    var ownCalls = new OwnCalls(clock);
    var shadows =
        new Shadows(
            new Shadows.Parts(
                vertx,
                database,
                registry,
                models,
                ownCalls,
                contents,
                stored(functions, registry),
                metrics.registry(),
                clock));
    Waiting.on(shadows.follow(notifications), STEP, "The shadow runs");
    shutdown.opened("the shadow runs", () -> Waiting.on(shadows.flush(), CLOSE, "writing pairs"));
    var evaluations =
        new Evaluations(
            vertx,
            new Preparation(database, registry, contents, models, models::problem, clock),
            ownCalls,
            clock);
    var jobs =
        Jobs.start(
            vertx,
            database,
            clock,
            Stream.concat(
                    Stream.of(
                            Partitions.retirement(config.metering().retentionMonths()),
                            Optional.of(forecasts.pools()),
                            anomalies.job(),
                            Optional.of(new CostDifferences(config.pricing()).job()),
                            Optional.of(feedback.job()),
                            Optional.of(contents.job()),
                            Optional.of(shadows.job()),
                            Optional.of(new Evaluation(vertx, clock).job()))
                        .flatMap(Optional::stream),
                    Stream.concat(cache.jobs().stream(), evaluations.jobs().stream()))
                .toList());
    shutdown.opened("the jobs", () -> Waiting.on(jobs.close(), CLOSE, "closing"));
    var experiments = new Experiments(vertx, database, registry, models, clock);
    Waiting.on(experiments.follow(notifications), STEP, "The experiments");
    shutdown.opened(
        "the experiments", () -> Waiting.on(experiments.flush(), CLOSE, "writing exposures"));
    var process = Ids.next(clock);
    var ledger =
        OpenLimits.open(config, vertx, database, notifications, process, clock, metrics, shutdown);
    var limits = ledger.limits();
    var refusals = new RefusalLog(database, process, clock);
    refusals.keep(vertx);
    shutdown.opened("the refusals", () -> Waiting.on(refusals.flush(), CLOSE, "writing refusals"));
    var journal =
        UsageJournal.open(
            config.journal(),
            process,
            loops,
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
    if (config.mode() == Mode.DEV) {
      Waiting.on(OpenLimits.welcomeDemo(database), STEP, "The demo user");
    }
    var devKeys = firstKeys(vertx, keys);

    var breakers = new Breakers(vertx, clock, config.breaker(), new BreakerMeters(metrics));
    var overload =
        new Overload(config.limits().overload(), clock, lag::worst, new HeapAfterCollection());
    var throttles =
        config.limits().adaptiveConcurrency()
            ? new Throttles(config.providers().values(), loops, clock)
            : Throttles.none();
    OpenLimits.meters(overload, throttles, metrics);
    var costs =
        new CostWatch(
            metrics.registry(),
            config.pricing().tolerancePercent(),
            config.pricing().toleranceUsd(),
            clock);
    var reports =
        new CallReports(
            new CallLog(users),
            new CallMeters(metrics.registry(), config.providers().keySet()),
            costs);
    var stages =
        new Stages(
            reports,
            experiments.stage(),
            experiments.arms(),
            limits,
            refusals,
            cache,
            shadows.stage(),
            new SpendingStage(
                limits, () -> prices, new TokenCounter(), clock, OpenLimits.ceilings(config)),
            new OutputStage(config.output(), clock),
            new SheddingStage(overload, config.limits().overload(), limits::tier),
            throttles,
            new RetryBudget(config.retryBudget(), clock),
            new RetryBudget(config.retryBudget(), clock),
            breakers,
            clock);
    var analytics = new UsageAnalytics(database, clock);
    var parts =
        new GatewayVerticle.Parts(
            config,
            clock,
            registry,
            models,
            analytics,
            authenticator,
            forecasts,
            feedback,
            ownCalls,
            stages,
            () -> draining,
            new Connections(config.http().maxConnections()),
            reports);

    health.needs("database", database::ping);
    health.section("breakers", () -> breakers.states().stream().map(Weir::figures).toList());
    health.concern(() -> concerns(breakers));
    health.concern(alerts::concerns);
    health.concern(() -> costs.strayed().stream().map(Weir::concern).toList());
    health.section("jobs", () -> jobs.states().stream().map(Weir::figures).toList());
    health.section("usage_records_waiting", journal.writer()::waiting);
    var management =
        new ManagementServer(
            config.management(),
            new HealthEndpoints(health, new AdminCheck(authenticator)::isAdmin),
            metrics,
            List.of(
                new AdminApi(
                        new AdminApi.Parts(
                            authenticator,
                            keys,
                            new LogLevels(logs),
                            registry,
                            new Reloads(vertx, functions),
                            breakers::states))
                    ::mount,
                new UsageApi(analytics)::mount,
                new CacheApi(cache.administration())::mount,
                new PromptsApi(
                        registry,
                        f ->
                            models
                                .routeFunction(f.model(), f.fallbacks())
                                .first()
                                .model()
                                .toString())
                    ::mount,
                new ExperimentsApi(
                        experiments, new ExperimentReports(database), new SizeEstimate(database))
                    ::mount,
                new ShadowsApi(shadows)::mount,
                new ContentsApi(contents)::mount,
                new EvaluationsApi(evaluations)::mount,
                new SpendApi(forecasts, alerts)::mount,
                new RepriceApi(new Repricer(vertx, database, () -> prices, clock), clock)::mount,
                new LimitsApi(limits, new Quotas(database), refusals)::mount));
    Waiting.on(vertx.deployVerticle(management), STEP, "The management port");

    var verticles =
        IntStream.range(0, loops)
            .mapToObj(n -> new GatewayVerticle(parts, journal.loop(n)))
            .toList();
    var doors = new Doors(vertx, verticles, clock);
    doors.open();
    evaluations.open();
    shutdown.opened("the doors", () -> close(doors, health));
    shutdown.opened(
        "the evaluations", () -> Waiting.on(evaluations.close(), CLOSE, "ending evaluations"));
    // Before the doors drain: callers have the time that is left for themselves.
    shutdown.opened(
        "Weir's own calls", () -> Waiting.on(ownCalls.close(), CLOSE, "ending Weir's own calls"));
    Gauges.register(metrics, journal, logs, doors, alerts);
    functions.start();
    health.started();

    ports = Optional.of(new Ports(doors.port(), management.port()));
    banner = devKeys.map(k -> banner(k, functions, models));
    LOG.info("Weir is up on port {}, management on {}", ports().api(), ports().management());
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

  /**
   * The functions that are served; a database that cannot be read yet leaves those of the files.
   */
  private PromptRegistry registry(
      WeirConfig config,
      Vertx vertx,
      Database database,
      CatalogueWatch functions,
      Directory models,
      Notifications notifications) {
    var registry =
        new PromptRegistry(
            vertx,
            database,
            new PromptRegistry.OnDisk(functions, config.functionsDir()),
            models::problem,
            clock);
    Waiting.on(registry.follow(notifications), STEP, "The prompt registry");
    return registry;
  }

  /**
   * Which contents of a function's calls are kept: as its file says now, whatever version is served
   * or tried out, so that taking {@code store} away ends it.
   */
  private static Function<String, Optional<ContentPolicy>> stored(
      CatalogueWatch files, PromptRegistry registry) {
    return name ->
        files
            .get()
            .find(name)
            .or(() -> registry.get().find(name))
            .flatMap(FunctionDefinition::store);
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

  private Optional<DevKeys> firstKeys(Vertx vertx, KeyStore keys) {
    if (config.mode() == Mode.DEV) {
      return Optional.of(
          Waiting.on(DevKeys.prepare(vertx, config.dataDir(), keys), STEP, "The dev keys"));
    }
    config
        .management()
        .adminKey()
        .ifPresent(
            key -> Waiting.on(FirstAdminKey.register(keys, key), STEP, "The first admin key"));
    return Optional.empty();
  }

  private static Map<String, Object> figures(BreakerStatus breaker) {
    return Map.of(
        "provider", breaker.provider(),
        "model", breaker.model(),
        "state", breaker.state().label(),
        "since", breaker.since().toString(),
        "failures", breaker.failures(),
        "retry_after_ms", breaker.retryAfter().toMillis());
  }

  private static Map<String, Object> figures(JobStatus job) {
    return Map.of(
        "name", job.name(),
        "leads", job.leads(),
        "running", job.running(),
        "last_run", job.lastRun().map(Instant::toString).orElse("never here"),
        "last_failure", job.lastFailure().orElse(""));
  }

  private static List<Concern> concerns(Breakers breakers) {
    return breakers.states().stream()
        .filter(b -> b.state() != BreakerState.CLOSED)
        .map(
            b ->
                new Concern(
                    OPEN_BREAKER,
                    "The breaker of "
                        + b.provider()
                        + "/"
                        + b.model()
                        + " is "
                        + b.state().label()))
        .toList();
  }

  private static Concern concern(CostWatch.Strayed model) {
    return new Concern(
        STRAYED_COST,
        "what "
            + model.model()
            + " costs differs from the provider's own figure: ours "
            + model.ours()
            + " USD, theirs "
            + model.theirs()
            + " USD");
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
