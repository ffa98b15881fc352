package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.Optional;

/**
 * What administrators read of experiments, as JSON. The sums are those of this moment; effects and
 * probabilities are those of the last evaluation, which says when it was. Any thread.
 */
public final class ExperimentReports {
  private static final String LIST =
      """
      SELECT jsonb_build_object(
        'name', e.experiment_name, 'function', e.function_name, 'status', e.status, 'mode', e.mode, 'layer', e.layer,
        'slots', jsonb_build_array(e.slot_from, e.slot_to), 'epoch', e.epoch, 'created_at', e.created_at,
        'started_at', e.started_at, 'stopped_at', e.stopped_at, 'suspended_at', e.suspended_at, 'winner', e.winner)::text AS json,
        (extract(epoch FROM e.created_at) * 1000000)::bigint || ':' || e.experiment_name AS place
      FROM experiments AS e
      WHERE $1::bigint IS NULL OR (extract(epoch FROM e.created_at) * 1000000)::bigint < $1
        OR ((extract(epoch FROM e.created_at) * 1000000)::bigint = $1 AND e.experiment_name > $2)
      ORDER BY (extract(epoch FROM e.created_at) * 1000000)::bigint DESC, e.experiment_name LIMIT $3
      """;
  private static final String EPOCHS =
      """
      SELECT jsonb_build_object('epoch', p.epoch, 'began_at', p.began_at, 'probabilities', p.weights, 'reason', p.reason)::text
        AS json, p.epoch::text AS place
      FROM experiment_epochs AS p
      WHERE p.experiment_name = $1 AND ($2::bigint IS NULL OR p.epoch < $2)
      ORDER BY p.epoch DESC LIMIT $3
      """;
  private static final String KNOWN = "SELECT FROM experiments WHERE experiment_name = $1";
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
        'first_probabilities', (SELECT p.weights FROM experiment_epochs AS p
          WHERE p.experiment_name = e.experiment_name ORDER BY p.epoch LIMIT 1),
        -- The newest: a bandit may have one for each of its days. All of them have a list of their own.
        'epochs', (SELECT coalesce(jsonb_agg(jsonb_build_object('epoch', p.epoch, 'began_at', p.began_at,
            'probabilities', p.weights, 'reason', p.reason) ORDER BY p.epoch), '[]')
          FROM (SELECT * FROM experiment_epochs AS n WHERE n.experiment_name = e.experiment_name
            ORDER BY n.epoch DESC LIMIT 100) AS p),
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

  /**
   * Experiments, newest first, without their sums.
   *
   * @param limit how many at most
   * @param after the {@code next} of the page before; empty for the newest
   * @return with {@code next}, which is null on the last page; fails with {@code INVALID_REQUEST}
   *     for an {@code after} that was no page's {@code next}
   */
  public Future<JsonNode> list(int limit, Optional<String> after) {
    var colon = after.map(text -> text.indexOf(':')).orElse(0);
    var at = after.map(text -> place(text.substring(0, Math.max(0, colon)))).orElse(null);
    var name = after.map(text -> text.substring(colon + 1)).orElse(null);
    return database
        .admin(c -> c.preparedQuery(LIST).execute(Tuple.of(at, name, limit + 1)))
        .map(rows -> page("experiments", rows, limit));
  }

  /**
   * An experiment's epochs, newest first, in pages as {@link #list}; {@code NOT_FOUND} if there is
   * no such experiment.
   */
  public Future<JsonNode> epochs(String name, int limit, Optional<String> after) {
    var before = after.map(ExperimentReports::place).orElse(null);
    return database
        .admin(
            c ->
                c.preparedQuery(KNOWN)
                    .execute(Tuple.of(name))
                    .compose(
                        known ->
                            known.size() == 0
                                ? Future.failedFuture(ExperimentTable.unknown(name))
                                : c.preparedQuery(EPOCHS)
                                    .execute(Tuple.of(name, before, limit + 1))))
        .map(rows -> page("epochs", rows, limit).put("experiment", name));
  }

  private static long place(String text) {
    if (text.matches("[0-9]{1,18}")) {
      return Long.parseLong(text);
    }
    throw AIError.invalid("'after' must be the 'next' of the page before.");
  }

  /** One row more than the page has was read, to know whether another follows. */
  private static ObjectNode page(String what, RowSet<Row> rows, int limit) {
    var json = Json.object().putNull("next");
    var page = json.putArray(what);
    var last = "";
    for (var row : rows) {
      if (page.size() == limit) {
        json.put("next", last);
        break;
      }
      page.add(Json.parse(row.getString("json")));
      last = row.getString("place");
    }
    return json;
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
