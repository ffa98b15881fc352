package dev.weir.app;

import dev.weir.health.Concern;
import dev.weir.health.Health;
import dev.weir.jobs.JobStatus;
import dev.weir.jobs.Jobs;
import dev.weir.resilience.BreakerState;
import dev.weir.resilience.BreakerStatus;
import dev.weir.resilience.Breakers;
import dev.weir.telemetry.CostWatch;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What the health of a running service is made of. */
final class HealthReport {
  /** What an open breaker takes from the health's score of 100. */
  private static final int OPEN_BREAKER = 20;

  /** And a model whose price and whose provider's own figure differ. */
  private static final int STRAYED_COST = 5;

  private HealthReport() {}

  static Health of(Ground ground, Breakers breakers, Spend spend, Jobs jobs, UsageJournal journal) {
    var health = new Health(ground.vertx(), ground.clock(), ground.lag());
    health.needs("database", ground.database()::ping);
    health.section(
        "breakers", () -> breakers.states().stream().map(HealthReport::figures).toList());
    health.section("jobs", () -> jobs.states().stream().map(HealthReport::figures).toList());
    health.section("usage_records_waiting", journal.writer()::waiting);
    health.concern(() -> concerns(breakers));
    health.concern(spend.alerts()::concerns);
    health.concern(() -> spend.costs().strayed().stream().map(HealthReport::concern).toList());
    return health;
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
}
