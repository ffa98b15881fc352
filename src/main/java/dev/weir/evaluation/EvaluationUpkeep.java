package dev.weir.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;

/**
 * What the node that leads does for evaluations: it closes those that no node can go on with, with
 * a report of what there is, and deletes scores of long ago. A node that was only away from the
 * database for that long finds its evaluation closed, and stops.
 */
final class EvaluationUpkeep {
  private static final int BATCH = 500;
  private static final double LONGEST = Succession.LONGEST.toSeconds();

  /** Of each of them all scores are read at once. */
  private static final int CLOSED_AT_ONCE = 20;

  /** Those that no node takes over: see {@link Succession}. */
  private static final String NOBODYS =
      """
      status = 'running' AND moved_at < clock_timestamp() - interval '10 minutes'
        AND (moved_at < clock_timestamp() - make_interval(secs => $1) OR (NOT handed_over AND done <= done_before
          AND silences + 1 >= $2) OR (NOT EXISTS (
            SELECT FROM evaluation_work w WHERE w.evaluation_name = evaluations.evaluation_name)
          AND items <> (SELECT count(*) FROM evaluation_items i WHERE i.evaluation_name = evaluations.evaluation_name)))
      """;

  private static final String DEAD =
      "SELECT evaluation_name, scorers, units, units_expected FROM evaluations WHERE "
          + NOBODYS
          + " ORDER BY moved_at LIMIT $3";

  private static final String CLOSE =
      """
      UPDATE evaluations SET status = 'interrupted', report = $4::text::jsonb, ended_at = clock_timestamp(),
        reason = CASE WHEN handed_over THEN 'No node went on with it for a day.'
          ELSE 'Its node has said nothing for ten minutes, and no other could go on.' END, handed_over = false
      WHERE evaluation_name = $3 AND
      """
          + NOBODYS;

  private static final String OLD =
      """
      DELETE FROM evaluation_items WHERE (evaluation_name, position) IN (
        SELECT evaluation_name, position FROM evaluation_items
        WHERE scored_at < now() - interval '90 days' ORDER BY scored_at LIMIT $1)
      """;

  /** Of such that a Weir closed which knew of no work; else nothing is left. */
  private static final String LEFT_BEHIND =
      """
      DELETE FROM evaluation_work WHERE evaluation_name IN (
        SELECT evaluation_name FROM evaluations WHERE status <> 'running')
      """;

  private final Vertx vertx;
  private final EvaluationTable table;

  EvaluationUpkeep(Vertx vertx, EvaluationTable table) {
    this.vertx = vertx;
    this.table = table;
  }

  /** One round of the job. */
  Future<Void> round(Turn turn) {
    return closeDead(turn)
        .compose(_ -> turn.write(c -> c.preparedQuery(LEFT_BEHIND).execute()))
        .compose(_ -> clean(turn));
  }

  private Future<Void> closeDead(Turn turn) {
    return turn.database()
        .jobs(
            c ->
                c.preparedQuery(DEAD)
                    .execute(Tuple.of(LONGEST, Succession.MOST_SILENCES, CLOSED_AT_ONCE)))
        .compose(
            rows -> {
              Future<Void> all = Future.succeededFuture();
              for (var row : rows) {
                all = all.compose(_ -> close(turn, row));
              }
              return all;
            });
  }

  private Future<Void> close(Turn turn, Row row) {
    var name = row.getString("evaluation_name");
    var report =
        new EvaluationReport(
            List.of(row.getArrayOfStrings("scorers")),
            row.getInteger("units"),
            row.getInteger("units_expected"));
    return table
        .items(name)
        .compose(items -> vertx.<ObjectNode>executeBlocking(() -> report.of(items), false))
        .compose(
            json ->
                turn.write(
                    c ->
                        c.preparedQuery(CLOSE)
                            .execute(
                                Tuple.of(LONGEST, Succession.MOST_SILENCES, name, json.toString()))
                            .compose(
                                closed ->
                                    closed.rowCount() == 0
                                        ? Future.<Void>succeededFuture()
                                        : EvaluationWork.forget(c, name))));
  }

  /** Deletes scores that are older than 90 days; the reports stay. */
  private Future<Void> clean(Turn turn) {
    return turn.write(c -> c.preparedQuery(OLD).execute(Tuple.of(BATCH)))
        .compose(gone -> gone.rowCount() == BATCH ? clean(turn) : Future.<Void>succeededFuture());
  }
}
