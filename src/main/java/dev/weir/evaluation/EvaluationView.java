package dev.weir.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Evaluations as administrators see them. Thread-safe. */
final class EvaluationView {
  /**
   * One that was handed over, or that nobody has moved for a minute since its node died or is away
   * from the database, waits for the next node. What was spent is at least what usage rows say: a
   * node that died wrote some of them that no node after it was told of.
   */
  private static final String SHOWN =
      """
      SELECT jsonb_build_object(
        'name', e.evaluation_name, 'function', e.function_name,
        'status', CASE WHEN e.status = 'running' AND e.stop_asked THEN 'stopping' WHEN w.why IS NOT NULL THEN 'interrupted'
          ELSE e.status END,
        'reason', coalesce(w.why, e.reason), 'turn', e.turn,
        'candidate', jsonb_build_object('asked_for', e.candidate, 'version', e.candidate_version),
        'baseline', jsonb_build_object('asked_for', e.baseline, 'versions', to_jsonb(e.baseline_versions)),
        'scorers', to_jsonb(e.scorers), 'from', e.item_source, 'items', e.items, 'users', e.units,
        'users_expected', e.units_expected, 'unfit', e.unfit, 'left_out', e.left_out, 'done', e.done,
        'budget_usd', e.budget_usd, 'spent_usd', greatest(e.spent_usd, (
          SELECT sum(q.usd_settled) FROM user_quotas q
          WHERE q.subject_kind = 'user' AND q.subject_id = $1 || e.evaluation_name)), 'account', $1 || e.evaluation_name,
        'created_by', e.created_by, 'created_at', e.created_at, 'ended_at', e.ended_at, 'report', e.report)::text AS json
      FROM evaluations AS e CROSS JOIN LATERAL (SELECT CASE
        WHEN e.status <> 'running' THEN NULL
        WHEN e.handed_over THEN 'Its node was shut down; it goes on by itself on the next node that has room.'
        WHEN e.moved_at < now() - interval '1 minute'
          THEN 'Its node has said nothing for a minute; it goes on by itself once it is known what that node spent.' END
        AS why) AS w
      """;

  private static final String SHOW = SHOWN + "WHERE e.evaluation_name = $2";
  private static final String LIST = SHOWN + "ORDER BY e.created_at DESC LIMIT $2";

  private final Database database;

  EvaluationView(Database database) {
    this.database = database;
  }

  /** One; empty if there is none. */
  Future<Optional<ObjectNode>> show(String name) {
    return database.admin(
        c ->
            c.preparedQuery(SHOW)
                .execute(Tuple.of(Accounts.ofEvaluation(""), name))
                .map(
                    rows -> {
                      for (var row : rows) {
                        return Optional.of(json(row));
                      }
                      return Optional.empty();
                    }));
  }

  /** The newest ones, without their reports. */
  Future<List<ObjectNode>> newest(int most) {
    return database.admin(
        c ->
            c.preparedQuery(LIST)
                .execute(Tuple.of(Accounts.ofEvaluation(""), most))
                .map(
                    rows -> {
                      var all = new ArrayList<ObjectNode>();
                      for (var row : rows) {
                        all.add(json(row).without("report"));
                      }
                      return all;
                    }));
  }

  private static ObjectNode json(Row row) {
    return (ObjectNode) Json.parse(row.getString("json"));
  }
}
