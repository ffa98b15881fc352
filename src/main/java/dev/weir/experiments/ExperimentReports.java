package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;

/**
 * What administrators read of experiments, as JSON. The sums are those of this moment; effects and
 * probabilities are those of the last evaluation, which says when it was. Any thread.
 */
public final class ExperimentReports {
  private static final String LIST =
      """
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'name', e.experiment_name, 'function', e.function_name, 'status', e.status, 'mode', e.mode, 'layer', e.layer,
        'slots', jsonb_build_array(e.slot_from, e.slot_to), 'epoch', e.epoch, 'created_at', e.created_at,
        'started_at', e.started_at, 'stopped_at', e.stopped_at, 'suspended_at', e.suspended_at, 'winner', e.winner)
        ORDER BY e.created_at DESC, e.experiment_name), '[]')::text AS json
      FROM experiments AS e
      """;
  private static final String SHOW =
      """
      SELECT jsonb_build_object(
        'name', e.experiment_name, 'function', e.function_name, 'description', e.description, 'status', e.status,
        'mode', e.mode, 'layer', e.layer, 'slots', jsonb_build_array(e.slot_from, e.slot_to), 'salt', e.salt,
        'window_s', extract(epoch FROM e.unit_window)::bigint,
        'feedback_window_s', extract(epoch FROM e.feedback_window)::bigint,
        'settle_s', extract(epoch FROM e.settle)::bigint, 'plan', e.plan, 'epoch', e.epoch,
        'created_at', e.created_at, 'created_by', e.created_by, 'started_at', e.started_at, 'stopped_at', e.stopped_at,
        'suspended_at', e.suspended_at, 'suspended_because', e.suspended_because, 'winner', e.winner,
        'epochs', (SELECT coalesce(jsonb_agg(jsonb_build_object('epoch', p.epoch, 'began_at', p.began_at,
            'probabilities', p.weights, 'reason', p.reason) ORDER BY p.epoch), '[]')
          FROM experiment_epochs AS p WHERE p.experiment_name = e.experiment_name),
        'variants', (
          SELECT jsonb_agg(jsonb_build_object(
            'name', v.prompt_variant, 'control', v.is_control, 'weight', v.weight,
            'prompt_version', v.overrides ->> 'prompt_version', 'base', v.overrides ->> 'base',
            'changes', v.overrides -> 'changes', 'switched_off_at', v.switched_off_at,
            'switched_off_because', v.switched_off_because,
            'users', coalesce(u.users, 0), 'users_closed', coalesce(u.closed, 0),
            'users_ended_early', coalesce(u.early, 0),
            'trials', coalesce(u.trials, 0), 'successes', coalesce(u.successes, 0), 'cancelled', coalesce(u.cancelled, 0),
            'refused', coalesce(u.refused, 0), 'feedback_answers', coalesce(u.answers, 0),
            'feedback_successes', coalesce(u.liked, 0),
            'success_rate', u.successes / nullif(u.trials, 0), 'response_rate', u.answers / nullif(u.trials, 0),
            'feedback_rate', u.liked / nullif(u.answers, 0),
            'avg_latency_ms', u.latency / nullif(u.trials, 0), 'avg_tokens', u.tokens / nullif(u.trials, 0),
            -- Where weights moved, arms' users are of different times.
            'means_are_biased', e.mode = 'bandit' OR (SELECT count(DISTINCT p.weights) > 1 FROM experiment_epochs AS p
              WHERE p.experiment_name = e.experiment_name),
            'cost_usd', coalesce(u.cost, 0), 'cost_per_success_usd', u.cost / nullif(u.successes, 0),
            'apart', (SELECT coalesce(jsonb_object_agg(a.kind, jsonb_build_object('calls', a.calls, 'cost_usd', a.cost_usd)),
                '{}') FROM experiment_apart AS a
              WHERE a.experiment_name = e.experiment_name AND a.prompt_variant = v.prompt_variant AND a.calls <> 0))
            ORDER BY v.place)
          FROM prompt_experiments AS v
          LEFT JOIN (
            SELECT first_variant, count(*) AS users, count(*) FILTER (WHERE closed_at IS NOT NULL AND NOT ended_early) AS closed,
              count(*) FILTER (WHERE ended_early) AS early, sum(trials) AS trials, sum(successes) AS successes,
              sum(cancelled) AS cancelled, sum(refused) AS refused, sum(feedback_answers) AS answers,
              sum(feedback_successes) AS liked, sum(latency_ms) AS latency, sum(tokens) AS tokens, sum(cost_usd) AS cost
            FROM experiment_units WHERE experiment_name = $1 GROUP BY 1
          ) AS u ON u.first_variant = v.prompt_variant
          WHERE v.experiment_name = e.experiment_name),
        'evaluation', e.verdict)::text AS json
      FROM experiments AS e WHERE e.experiment_name = $1
      """;
  private static final String DECISIONS =
      """
      SELECT (
        SELECT coalesce(jsonb_agg(jsonb_build_object('at', d.decided_at, 'by', d.decided_by, 'decision', d.decision,
          'variant', d.prompt_variant, 'reason', d.reason, 'data', d.data) ORDER BY d.decided_at, d.id), '[]')
        FROM (
          SELECT * FROM experiment_decisions WHERE experiment_name = $1 ORDER BY decided_at DESC, id DESC LIMIT $2
        ) AS d)::text AS json
      FROM experiments WHERE experiment_name = $1
      """;

  private final Database database;

  /** Over this database. */
  public ExperimentReports(Database database) {
    this.database = database;
  }

  /** All experiments, newest first, without their sums. */
  public Future<JsonNode> list() {
    return database
        .admin(c -> c.query(LIST).execute())
        .map(
            rows ->
                Json.object()
                    .set("experiments", Json.parse(rows.iterator().next().getString("json"))));
  }

  /** One experiment with the sums of its arms; {@code NOT_FOUND} if there is none. */
  public Future<JsonNode> show(String name) {
    return database
        .admin(c -> c.preparedQuery(SHOW).execute(Tuple.of(name)))
        .map(
            rows -> {
              for (var row : rows) {
                return Json.parse(row.getString("json"));
              }
              throw ExperimentTable.unknown(name);
            });
  }

  /** What was decided, oldest first; the newest so many. {@code NOT_FOUND} if there is none. */
  public Future<JsonNode> decisions(String name, int limit) {
    return database
        .admin(c -> c.preparedQuery(DECISIONS).execute(Tuple.of(name, limit)))
        .map(
            rows -> {
              for (var row : rows) {
                return Json.object()
                    .put("experiment", name)
                    .set("decisions", Json.parse(row.getString("json")));
              }
              throw ExperimentTable.unknown(name);
            });
  }
}
