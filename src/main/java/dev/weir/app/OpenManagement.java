package dev.weir.app;

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
import dev.weir.cache.ResponseCache;
import dev.weir.experiments.ExperimentReports;
import dev.weir.experiments.SizeEstimate;
import dev.weir.health.Health;
import dev.weir.health.HealthEndpoints;
import dev.weir.limits.Limits;
import dev.weir.limits.Quotas;
import dev.weir.limits.RefusalLog;
import dev.weir.management.ManagementServer;
import dev.weir.prompts.CatalogueWatch;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.providers.Directory;
import dev.weir.repricing.Repricer;
import dev.weir.resilience.Breakers;
import dev.weir.telemetry.Logs;
import java.util.List;

/** Opens the management port, with a line for each room that has something to say there. */
final class OpenManagement {
  private OpenManagement() {}

  /**
   * The rooms that are asked and moved by administrators.
   *
   * @param authenticator tells who asks
   * @param keys the keys
   * @param logs the log, for its level
   * @param files the functions' files, to be read again
   * @param models the model directory
   * @param spend what usage costs
   * @param cache the cache
   * @param trials functions and what tries them out
   * @param limits the limits
   * @param refusals who was turned away
   * @param breakers the breakers
   */
  record Rooms(
      KeyAuthenticator authenticator,
      KeyStore keys,
      Logs logs,
      CatalogueWatch files,
      Directory models,
      Spend spend,
      ResponseCache cache,
      Trials trials,
      Limits limits,
      RefusalLog refusals,
      Breakers breakers) {}

  /** Its port. Blocks until it is bound. */
  static int open(Ground ground, Health health, Rooms rooms) {
    var vertx = ground.vertx();
    var database = ground.database();
    var clock = ground.clock();
    var trials = rooms.trials();
    var spend = rooms.spend();
    var admin =
        new AdminApi.Parts(
            rooms.authenticator(),
            rooms.keys(),
            new LogLevels(rooms.logs()),
            trials.registry(),
            new Reloads(vertx, rooms.files()),
            rooms.breakers()::states);
    var server =
        new ManagementServer(
            ground.config().management(),
            new HealthEndpoints(health, new AdminCheck(rooms.authenticator())::isAdmin),
            ground.metrics(),
            List.of(
                new AdminApi(admin)::mount,
                new UsageApi(spend.analytics())::mount,
                new CacheApi(rooms.cache().administration())::mount,
                new PromptsApi(trials.registry(), f -> firstModel(rooms.models(), f))::mount,
                new ExperimentsApi(
                        trials.experiments(),
                        new ExperimentReports(database),
                        new SizeEstimate(database))
                    ::mount,
                new ShadowsApi(trials.shadows())::mount,
                new ContentsApi(trials.contents())::mount,
                new EvaluationsApi(trials.evaluations())::mount,
                new SpendApi(spend.forecasts(), spend.alerts())::mount,
                new RepriceApi(new Repricer(vertx, database, ground::prices, clock), clock)::mount,
                new LimitsApi(rooms.limits(), new Quotas(database), rooms.refusals())::mount));
    Waiting.on(vertx.deployVerticle(server), Ground.STEP, "The management port");
    return server.port();
  }

  private static String firstModel(Directory models, FunctionDefinition function) {
    return models.routeFunction(function.model(), function.fallbacks()).first().model().toString();
  }
}
