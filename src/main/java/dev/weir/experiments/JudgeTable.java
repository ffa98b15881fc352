package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import io.vertx.core.Future;
import io.vertx.sqlclient.Cursor;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/** What the judge of experiments reads and writes; inside of its caller's transaction. */
final class JudgeTable {
  /** In the order of the key, as the writer of usage locks them; who is being written waits. */
  private static final String CLOSE =
      """
      WITH due AS (
        SELECT u.experiment_name, u.user_id,
          u.window_ends_at > coalesce(e.stopped_at, 'infinity') OR u.epoch < v.off_before_epoch AS early
        FROM experiment_units AS u
        JOIN experiments AS e ON e.experiment_name = u.experiment_name
        JOIN prompt_experiments AS v ON v.experiment_name = u.experiment_name AND v.prompt_variant = u.first_variant
        WHERE u.closed_at IS NULL AND (
          u.window_ends_at + e.settle
            + CASE WHEN e.plan ->> 'primary' = 'feedback' THEN e.feedback_window ELSE interval '0' END <= now()
          OR e.stopped_at + e.settle <= now()
          OR (u.epoch < v.off_before_epoch AND v.switched_off_at + e.settle <= now())
          OR (u.epoch < v.off_before_epoch AND v.switched_off_at IS NULL))
        ORDER BY u.experiment_name, u.user_id
        LIMIT $1
        FOR NO KEY UPDATE OF u SKIP LOCKED
      )
      UPDATE experiment_units AS u SET
        closed_at = now(), ended_early = due.early, feedback_trials = u.trials
      FROM due WHERE u.experiment_name = due.experiment_name AND u.user_id = due.user_id
      """;

  /** Those that run, and those that ended and were not looked at since their last unit closed. */
  private static final String JUDGED =
      """
      SELECT e.experiment_name, e.status, e.mode, e.suspended_at, extract(epoch FROM e.settle)::bigint AS settle_s,
        e.plan::text AS plan,
        (SELECT jsonb_agg(jsonb_build_object('name', v.prompt_variant, 'control', v.is_control,
            'off', v.switched_off_at IS NOT NULL) ORDER BY v.place)
          FROM prompt_experiments AS v WHERE v.experiment_name = e.experiment_name)::text AS arms,
        (SELECT jsonb_object_agg(p.epoch, p.weights) FROM experiment_epochs AS p
          WHERE p.experiment_name = e.experiment_name)::text AS epochs,
        (SELECT p.began_at FROM experiment_epochs AS p
          WHERE p.experiment_name = e.experiment_name AND p.epoch = e.epoch) AS epoch_began_at,
        (SELECT coalesce(jsonb_agg(d.prompt_variant), '[]') FROM experiment_decisions AS d
          WHERE d.experiment_name = e.experiment_name AND d.decision = 'verdict')::text AS verdicts
      FROM experiments AS e
      WHERE e.status IN ('running', 'paused') OR e.stopped_at > now() - interval '1 day'
      ORDER BY e.experiment_name
      """;

  private static final String EXPOSED =
      """
      SELECT epoch, first_variant, count(*) AS users FROM experiment_units WHERE experiment_name = $1
      GROUP BY 1, 2 ORDER BY 1
      """;
  private static final String CLOSED =
      """
      SELECT first_variant, epoch, trials, successes, cost_usd::float8 AS cost, feedback_answers, feedback_successes
      FROM experiment_units
      WHERE experiment_name = $1 AND closed_at IS NOT NULL AND NOT ended_early
      ORDER BY closed_at, window_ends_at, user_id
      """;
  private static final String FIRST =
      """
      SELECT first_variant, epoch, first_trial_outcome, first_trial_latency_ms FROM experiment_units
      WHERE experiment_name = $1 AND first_trial_at <= now() - make_interval(secs => $2)
      ORDER BY first_trial_at, user_id
      """;
  private static final String VERDICT =
      "UPDATE experiments SET verdict = $2::text::jsonb WHERE experiment_name = $1";
  private static final String SUMMARY =
      """
      UPDATE prompt_experiments AS v SET
        user_count = s.users, success_count = s.successes, total_count = s.trials, refused_count = s.refused,
        cancelled_count = s.cancelled, avg_latency_ms = s.latency, avg_token_count = s.tokens, cost_usd = s.cost,
        changed_at = now()
      FROM (
        SELECT first_variant, count(*) AS users, sum(successes) AS successes, sum(trials) AS trials,
          sum(refused) AS refused, sum(cancelled) AS cancelled, coalesce(sum(latency_ms) / nullif(sum(trials), 0), 0) AS latency,
          coalesce(sum(tokens) / nullif(sum(trials), 0), 0) AS tokens, sum(cost_usd) AS cost
        FROM experiment_units WHERE experiment_name = $1 GROUP BY 1
      ) AS s
      WHERE v.experiment_name = $1 AND v.prompt_variant = s.first_variant
        AND (v.user_count, v.total_count, v.success_count, v.refused_count, v.cancelled_count, v.cost_usd)
          IS DISTINCT FROM (s.users, s.trials, s.successes, s.refused, s.cancelled, s.cost)
      """;
  private static final String SUSPEND =
      """
      UPDATE experiments SET suspended_at = now(), suspended_because = $2
      WHERE experiment_name = $1 AND suspended_at IS NULL
      """;
  private static final String ALERT =
      """
      INSERT INTO alert_events (id, alert_name, state, detail) VALUES ($1, $2, 'firing', $3::text::jsonb)
      ON CONFLICT DO NOTHING
      """;
  private static final int CHUNK = 500;

  private JudgeTable() {}

  static Future<Integer> close(SqlConnection c, int most) {
    return c.preparedQuery(CLOSE).execute(Tuple.of(most)).map(rows -> rows.rowCount());
  }

  static Future<List<Judged>> judged(SqlConnection c) {
    return c.query(JUDGED)
        .execute()
        .map(
            rows -> {
              var all = new ArrayList<Judged>();
              rows.forEach(row -> all.add(judged(row)));
              return all;
            });
  }

  private static Judged judged(Row row) {
    var arms = new ArrayList<Judged.Arm>();
    Json.parse(row.getString("arms"))
        .forEach(
            arm ->
                arms.add(
                    new Judged.Arm(
                        arm.path("name").asText(),
                        arm.path("control").asBoolean(),
                        arm.path("off").asBoolean())));
    var epochs = new HashMap<Integer, Map<String, Double>>();
    for (var epoch : Json.parse(row.getString("epochs")).properties()) {
      var shares = new HashMap<String, Double>();
      epoch.getValue().properties().forEach(s -> shares.put(s.getKey(), s.getValue().asDouble()));
      epochs.put(Integer.valueOf(epoch.getKey()), shares);
    }
    var verdicts = new ArrayList<String>();
    Json.parse(row.getString("verdicts")).forEach(v -> verdicts.add(v.asText()));
    return Judged.of(row, Json.parse(row.getString("plan")), arms, epochs, verdicts);
  }

  /** Users by arm, by epoch, oldest first. */
  static Future<Map<Integer, Map<String, Long>>> exposed(SqlConnection c, String name) {
    return c.preparedQuery(EXPOSED)
        .execute(Tuple.of(name))
        .map(
            rows -> {
              var all = new java.util.TreeMap<Integer, Map<String, Long>>();
              rows.forEach(
                  row ->
                      all.computeIfAbsent(row.getInteger("epoch"), _ -> new HashMap<>())
                          .put(row.getString("first_variant"), row.getLong("users")));
              return all;
            });
  }

  static Future<Void> closed(SqlConnection c, Judged experiment, Judgement judgement) {
    return each(
        c,
        CLOSED,
        Tuple.of(experiment.name()),
        row ->
            judgement.closed(
                row.getString("first_variant"),
                row.getInteger("epoch"),
                row.getLong("trials"),
                row.getLong("successes"),
                row.getDouble("cost"),
                row.getLong("feedback_answers"),
                row.getLong("feedback_successes")));
  }

  static Future<Void> first(SqlConnection c, Judged experiment, Judgement judgement) {
    return each(
        c,
        FIRST,
        Tuple.of(experiment.name(), (double) experiment.settle().toSeconds()),
        row ->
            judgement.first(
                row.getString("first_variant"),
                row.getInteger("epoch"),
                row.getString("first_trial_outcome"),
                row.getLong("first_trial_latency_ms")));
  }

  /** Some rows at a time: neither memory nor the event loop has to take all at once. */
  private static Future<Void> each(
      SqlConnection c, String sql, Tuple parameters, Consumer<Row> taker) {
    return c.prepare(sql)
        .compose(
            statement -> {
              var cursor = statement.cursor(parameters);
              return drain(cursor, taker).eventually(statement::close);
            });
  }

  private static Future<Void> drain(Cursor cursor, Consumer<Row> taker) {
    return cursor
        .read(CHUNK)
        .compose(
            rows -> {
              rows.forEach(taker);
              return cursor.hasMore() ? drain(cursor, taker) : cursor.close();
            });
  }

  static Future<Void> verdict(SqlConnection c, String name, JsonNode verdict) {
    return c.preparedQuery(VERDICT)
        .execute(Tuple.of(name, verdict.toString()))
        .compose(_ -> c.preparedQuery(SUMMARY).execute(Tuple.of(name)))
        .mapEmpty();
  }

  /** Whether it was not suspended before. */
  static Future<Boolean> suspend(SqlConnection c, String name, String because) {
    return c.preparedQuery(SUSPEND).execute(Tuple.of(name, because)).map(r -> r.rowCount() == 1);
  }

  static Future<Void> alert(SqlConnection c, UUID id, String name, ObjectNode detail) {
    return c.preparedQuery(ALERT).execute(Tuple.of(id, name, detail.toString())).mapEmpty();
  }
}
