package dev.weir.experiments;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code experiment_units} as the judge of experiments closes and reads them, some at a time;
 * inside of its caller's transaction.
 */
final class UnitTable {
  private static final String OPEN =
      """
      SELECT e.experiment_name FROM experiments AS e
      WHERE e.status <> 'draft' AND EXISTS (
        SELECT FROM experiment_units AS u WHERE u.experiment_name = e.experiment_name AND u.closed_at IS NULL)
      ORDER BY 1
      """;

  // In the order of the windows' ends, which knows neither arms nor what happened. Who is being
  // written is passed over: so this waits for nobody, and its own order of locks is no matter. Rows
  // are met again where they lie: by their key, a plan from the statistics of an emptier table may
  // take seconds.
  private static final String CLOSE =
      """
      WITH due AS (
        SELECT u.ctid AS place,
          u.window_ends_at > coalesce(e.stopped_at, 'infinity') OR u.epoch < v.off_before_epoch AS early
        FROM experiment_units AS u
        JOIN experiments AS e ON e.experiment_name = u.experiment_name
        JOIN prompt_experiments AS v ON v.experiment_name = u.experiment_name AND v.prompt_variant = u.first_variant
        WHERE u.experiment_name = $1 AND u.closed_at IS NULL AND u.window_ends_at <= (
          SELECT CASE WHEN s.stopped_at + s.settle <= now() THEN 'infinity'
            ELSE now() - s.settle
              - CASE WHEN s.plan ->> 'primary' = 'feedback' THEN s.feedback_window ELSE interval '0' END END
          FROM experiments AS s WHERE s.experiment_name = $1)
        ORDER BY u.window_ends_at, u.user_id
        LIMIT $2
        FOR NO KEY UPDATE OF u SKIP LOCKED
      )
      UPDATE experiment_units AS u SET
        closed_at = now(), ended_early = due.early, feedback_trials = u.trials
      FROM due WHERE u.ctid = due.place
      """;

  // Soon after an arm was switched off; whoever is missed is closed with the window, and is as
  // little part of anything.
  private static final String CLOSE_OFF =
      """
      WITH due AS (
        SELECT u.ctid AS place
        FROM experiments AS e
        JOIN prompt_experiments AS v ON v.experiment_name = e.experiment_name
        JOIN experiment_units AS u ON u.experiment_name = v.experiment_name AND u.first_variant = v.prompt_variant
        WHERE e.experiment_name = $1 AND u.experiment_name = $1 AND u.closed_at IS NULL AND u.epoch < v.off_before_epoch
          AND v.switched_off_at + e.settle BETWEEN now() - interval '10 minutes' AND now()
        LIMIT $2
        FOR NO KEY UPDATE OF u SKIP LOCKED
      )
      UPDATE experiment_units AS u SET
        closed_at = now(), ended_early = true, feedback_trials = u.trials
      FROM due WHERE u.ctid = due.place
      """;

  // Those that ended early come too, so that the next page begins behind them.
  private static final String CLOSED =
      """
      SELECT user_id, closed_at, window_ends_at, ended_early, first_variant, epoch, trials, successes,
        cost_usd::float8 AS cost, feedback_answers, feedback_successes,
        hashtextextended(user_id, (date_part('epoch', closed_at) * 1e6)::bigint) AS mark
      FROM experiment_units
      WHERE experiment_name = $1 AND closed_at IS NOT NULL AND (closed_at, window_ends_at, user_id) > ($2, $3, $4)
      ORDER BY closed_at, window_ends_at, user_id
      LIMIT $5
      """;

  private static final String FIRST =
      """
      SELECT user_id, first_variant, epoch, first_trial_at, first_trial_outcome, first_trial_latency_ms,
        hashtextextended(user_id, (date_part('epoch', first_trial_at) * 1e6)::bigint) AS mark
      FROM experiment_units
      WHERE experiment_name = $1 AND first_trial_at IS NOT NULL AND (first_trial_at, user_id) > ($2, $3)
        AND first_trial_at <= now() - make_interval(secs => $4)
      ORDER BY first_trial_at, user_id
      LIMIT $5
      """;

  // The marks are those of the two above: of what lies before the places to which was read.
  private static final String TALLY =
      """
      SELECT epoch, first_variant, count(*) AS users, sum(trials)::bigint AS trials, sum(successes)::bigint AS successes,
        sum(refused)::bigint AS refused, sum(cancelled)::bigint AS cancelled, sum(latency_ms)::bigint AS latency,
        sum(tokens)::bigint AS tokens, sum(cost_usd) AS cost,
        sum(feedback_answers)::bigint AS answers, sum(feedback_successes)::bigint AS liked,
        count(closed_mark) AS closed, coalesce(bit_xor(closed_mark), 0) AS closed_marks,
        count(first_mark) AS first, coalesce(bit_xor(first_mark), 0) AS first_marks,
        max(max(user_id)) OVER () AS last_user, (sum(count(*)) OVER ())::bigint AS page_users
      FROM (
        SELECT u.epoch, u.first_variant, u.user_id, u.trials, u.successes, u.refused, u.cancelled, u.latency_ms, u.tokens,
          u.cost_usd, u.feedback_answers, u.feedback_successes,
          CASE WHEN (u.closed_at, u.window_ends_at, u.user_id) <= ($3, $4, $5)
            THEN hashtextextended(u.user_id, (date_part('epoch', u.closed_at) * 1e6)::bigint) END AS closed_mark,
          CASE WHEN (u.first_trial_at, u.user_id) <= ($6, $7)
            THEN hashtextextended(u.user_id, (date_part('epoch', u.first_trial_at) * 1e6)::bigint) END AS first_mark
        FROM experiment_units AS u
        WHERE u.experiment_name = $1 AND u.user_id > $2
        ORDER BY u.user_id
        LIMIT $8
      ) AS page
      GROUP BY epoch, first_variant
      """;

  private UnitTable() {}

  /** The experiments that have units to be closed some time. */
  static Future<List<String>> open(SqlConnection c) {
    return c.query(OPEN)
        .execute()
        .map(
            rows -> {
              var names = new ArrayList<String>();
              rows.forEach(row -> names.add(row.getString("experiment_name")));
              return names;
            });
  }

  /** Closes units whose time has come; tells how many of at most so many. */
  static Future<Integer> close(SqlConnection c, String name, int most) {
    return c.preparedQuery(CLOSE).execute(Tuple.of(name, most)).map(rows -> rows.rowCount());
  }

  /** Closes units of an arm that was just switched off. */
  static Future<Integer> closeOff(SqlConnection c, String name, int most) {
    return c.preparedQuery(CLOSE_OFF).execute(Tuple.of(name, most)).map(rows -> rows.rowCount());
  }

  /** The closed units behind a place, in their order; at most so many. */
  static Future<RowSet<Row>> closed(SqlConnection c, String name, Place after, int most) {
    return c.preparedQuery(CLOSED)
        .execute(Tuple.of(name, after.at(), after.then(), after.user(), most));
  }

  static ClosedUnit unit(Row row) {
    return new ClosedUnit(
        row.getString("first_variant"),
        row.getInteger("epoch"),
        row.getOffsetDateTime("window_ends_at").toInstant(),
        row.getLong("trials"),
        row.getLong("successes"),
        row.getDouble("cost"),
        row.getLong("feedback_answers"),
        row.getLong("feedback_successes"));
  }

  /** The first trials behind a place, in their order, their deadlines passed; at most so many. */
  static Future<RowSet<Row>> first(SqlConnection c, Judged experiment, Place after, int most) {
    var settle = (double) experiment.settle().toSeconds();
    return c.preparedQuery(FIRST)
        .execute(Tuple.of(experiment.name(), after.at(), after.user(), settle, most));
  }

  static FirstTrial trial(Row row) {
    return new FirstTrial(
        row.getString("first_variant"),
        row.getInteger("epoch"),
        row.getOffsetDateTime("first_trial_at").toInstant(),
        row.getString("first_trial_outcome"),
        row.getLong("first_trial_latency_ms"));
  }

  /** The sums of users behind this one, by arm and epoch; of at most so many users. */
  static Future<RowSet<Row>> tally(
      SqlConnection c, String name, String afterUser, Place closed, Place first, int most) {
    return c.preparedQuery(TALLY)
        .execute(
            Tuple.tuple()
                .addString(name)
                .addString(afterUser)
                .addOffsetDateTime(closed.at())
                .addOffsetDateTime(closed.then())
                .addString(closed.user())
                .addOffsetDateTime(first.at())
                .addString(first.user())
                .addInteger(most));
  }
}
