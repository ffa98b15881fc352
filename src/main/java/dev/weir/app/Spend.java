package dev.weir.app;

import dev.weir.alerts.AlertStore;
import dev.weir.alerts.AnomalyWatch;
import dev.weir.alerts.CostDifferences;
import dev.weir.analytics.UsageAnalytics;
import dev.weir.forecast.ForecastService;
import dev.weir.jobs.Job;
import dev.weir.telemetry.CostWatch;
import dev.weir.telemetry.UserHash;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What usage costs: told, foretold and watched.
 *
 * @param analytics answers questions about it
 * @param forecasts what months will have cost
 * @param alerts what was found wrong
 * @param anomalies finds what is unlike before
 * @param differences finds where providers' own figures are others
 * @param costs compares each attempt's two figures
 */
record Spend(
    UsageAnalytics analytics,
    ForecastService forecasts,
    AlertStore alerts,
    AnomalyWatch anomalies,
    CostDifferences differences,
    CostWatch costs) {

  /** Sets it to work. */
  static Spend open(Ground ground, UserHash users) {
    var config = ground.config();
    var registry = ground.metrics().registry();
    var alerts = new AlertStore(ground.database());
    alerts.watch(ground.vertx());
    return new Spend(
        new UsageAnalytics(ground.database(), ground.clock()),
        new ForecastService(ground.vertx(), ground.database(), ground::prices, ground.clock()),
        alerts,
        new AnomalyWatch(config.alerts(), users::of, registry),
        new CostDifferences(config.pricing()),
        new CostWatch(
            registry,
            config.pricing().tolerancePercent(),
            config.pricing().toleranceUsd(),
            ground.clock()));
  }

  /** What it does by itself. */
  Stream<Job> jobs() {
    return Stream.of(
            Optional.of(forecasts.pools()), anomalies.job(), Optional.of(differences.job()))
        .flatMap(Optional::stream);
  }
}
