package dev.weir.alerts;

import dev.weir.config.PricingSettings;
import dev.weir.jobs.Job;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;

/**
 * Looks every few minutes, on one node, at what providers say that their models' calls of the last
 * hour did cost, beside what our prices say, and alerts where the sums differ by more than the
 * tolerance: a price has changed, or a fee is missing from the table. The alert ends by itself when
 * an hour agrees again, or when nobody asks the model any more.
 */
public final class CostDifferences {
  private static final Duration EVERY = Duration.ofMinutes(5);
  private static final String PREFIX = "cost-difference:";

  /**
   * One statement: those that differ fire, and what fired and differs no longer is over. The hour
   * is that of recording, which has an index that is cheap to write.
   */
  private static final String ROUND =
      """
      WITH sums AS (
        SELECT
          line.provider, line.model, count(*) AS attempts, sum(line.cost_usd) AS ours,
          sum(line.provider_cost_usd) AS theirs
        FROM ai_usage_metrics AS u
        CROSS JOIN LATERAL jsonb_to_recordset(u.attempts)
          AS line (provider text, model text, cost_usd numeric(20, 9), provider_cost_usd numeric(20, 9), simulated boolean)
        WHERE u.recorded_at >= now() - interval '1 hour' AND u.started_at >= now() - interval '2 hours'
          AND u.provider_cost_usd IS NOT NULL
          AND line.cost_usd IS NOT NULL AND line.provider_cost_usd IS NOT NULL
          AND NOT coalesce(line.simulated, u.simulated)
        GROUP BY 1, 2
      ), differing AS (
        SELECT '%1$s' || model AS alert_name, sums.*
        FROM sums
        WHERE abs(ours - theirs) > $1::numeric AND abs(ours - theirs) * 100 > theirs * $2::numeric
      ), over AS (
        UPDATE alert_events SET state = 'resolved', resolved_at = now()
        WHERE state = 'firing' AND starts_with(alert_name, '%1$s')
          AND alert_name NOT IN (SELECT alert_name FROM differing)
      )
      INSERT INTO alert_events (id, alert_name, state, detail)
      SELECT
        gen_random_uuid(), alert_name, 'firing',
        jsonb_build_object(
          'kind', 'cost_difference', 'provider', provider, 'model', model, 'attempts', attempts,
          'our_usd', ours, 'provider_usd', theirs, 'difference_usd', ours - theirs)
      FROM differing
      ON CONFLICT (alert_name) WHERE state = 'firing' DO UPDATE SET detail = excluded.detail
      """
          .formatted(PREFIX);

  private final PricingSettings tolerance;

  /**
   * A watch.
   *
   * @param tolerance what may differ: further than both of its bounds is a difference
   */
  public CostDifferences(PricingSettings tolerance) {
    this.tolerance = tolerance;
  }

  /** The job. */
  public Job job() {
    return Job.every(EVERY, "cost-differences", this::round);
  }

  /** One round. */
  Future<Void> round(Turn turn) {
    return turn.write(this::look);
  }

  private Future<Void> look(SqlConnection c) {
    return c.preparedQuery(ROUND)
        .execute(Tuple.of(tolerance.toleranceUsd(), tolerance.tolerancePercent()))
        .mapEmpty();
  }
}
