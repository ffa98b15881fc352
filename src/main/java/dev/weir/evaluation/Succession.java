package dev.weir.evaluation;

import dev.weir.core.Usd;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Takes over an evaluation whose node is gone. That is one which was handed over, or of which
 * nobody has said anything for a minute. Its money has to be known first: while the ledger holds
 * some of its account, a node that is only slow, or the journal of one that died, may still say
 * what became of it. After {@value #LONGEST_WAIT_MINUTES} minutes without a word that is waited for
 * no longer, and all that is held is taken for spent.
 *
 * <p>Who takes it over has the next turn, and from then on nobody else writes. One on which {@value
 * #MOST_SILENCES} nodes in a row fell silent without getting an item done is taken by nobody: it
 * may be what kills them.
 */
final class Succession {
  static final int MOST_SILENCES = 3;
  private static final int LONGEST_WAIT_MINUTES = 10;

  /**
   * How long an evaluation waits for a node; then {@link EvaluationUpkeep} closes it, since who
   * asked for it does not expect it to spend any more.
   */
  static final Duration LONGEST = Duration.ofDays(1);

  /**
   * The one that waits longest. Only such of which everything is there: those of a Weir that did
   * not keep what is left are not.
   */
  private static final String WAITING =
      """
      SELECT o.evaluation_name FROM evaluations o
      WHERE o.status = 'running' AND (o.handed_over OR o.moved_at < clock_timestamp() - interval '1 minute')
        AND o.moved_at > clock_timestamp() - make_interval(secs => $2)
        AND (o.handed_over OR o.done > o.done_before OR o.silences + 1 < $3)
        AND (o.stop_asked OR o.moved_at < clock_timestamp() - make_interval(mins => $4) OR NOT EXISTS (
          SELECT FROM lease_held h WHERE h.subject_kind = 'user' AND h.subject_id = $1 || o.evaluation_name
            AND h.usd_held > 0))
        AND o.items = (SELECT count(*) FROM evaluation_work w WHERE w.evaluation_name = o.evaluation_name)
          + (SELECT count(*) FROM evaluation_items i WHERE i.evaluation_name = o.evaluation_name)
      ORDER BY o.moved_at LIMIT 1
      """;

  private static final String CLAIM =
      """
      UPDATE evaluations AS e SET turn = turn + 1, moved_at = clock_timestamp(), done_before = done, handed_over = false,
        silences = CASE WHEN handed_over THEN silences WHEN done > done_before THEN 1 ELSE silences + 1 END
      WHERE evaluation_name = (%s FOR UPDATE SKIP LOCKED)
      RETURNING evaluation_name, turn, stop_asked, function_name, candidate_version, baseline, baseline_versions, scorers,
        items, units, units_expected, budget_usd, asks
      """
          .formatted(WAITING);

  /** What the usage rows of the account add up to, and what attempts without one may have cost. */
  private static final String SPENT =
      """
      SELECT coalesce(sum(usd_settled), 0) AS settled, coalesce(sum(usd_held), 0) AS open
      FROM user_quotas WHERE subject_kind = 'user' AND subject_id = $1
      """;

  private Succession() {}

  /**
   * An evaluation that was taken over, as it stands there: whoever cannot make anything of it has
   * taken it all the same, and it stands in no other's way.
   *
   * @param scorers their names
   * @param left what is left to ask, in its order
   * @param items how many items it has altogether
   * @param asks what was asked, as {@link Preparation} spells it
   * @param spent what it has cost so far
   * @param open what it may have cost besides
   */
  record Inherited(
      EvaluationTable.Held held,
      boolean stopAsked,
      String function,
      String candidate,
      Optional<String> baseline,
      List<String> scorers,
      List<EvaluationWork.Left> left,
      int items,
      EvaluationReport report,
      List<String> asks,
      Usd budget,
      Usd spent,
      Usd open) {}

  /** Whether there is one to take over. */
  static Future<Boolean> isThereOne(Turn turn) {
    return turn.database()
        .jobs(c -> c.preparedQuery(WAITING).execute(terms()).map(rows -> rows.size() > 0));
  }

  /** Takes one over; empty if there is none that can be. */
  static Future<Optional<Inherited>> next(Turn turn) {
    return turn.write(
        c ->
            c.preparedQuery(CLAIM)
                .execute(terms())
                .compose(
                    rows -> {
                      for (var row : rows) {
                        return inherited(c, row).map(Optional::of);
                      }
                      return Future.succeededFuture(Optional.empty());
                    }));
  }

  private static Tuple terms() {
    return Tuple.of(
        Accounts.ofEvaluation(""),
        (double) LONGEST.toSeconds(),
        MOST_SILENCES,
        LONGEST_WAIT_MINUTES);
  }

  private static Future<Inherited> inherited(SqlConnection c, Row row) {
    var name = row.getString("evaluation_name");
    return EvaluationWork.left(c, name)
        .compose(
            left ->
                c.preparedQuery(SPENT)
                    .execute(Tuple.of(Accounts.ofEvaluation(name)))
                    .map(money -> inherited(row, left, money.iterator().next())));
  }

  private static Inherited inherited(Row row, List<EvaluationWork.Left> left, Row money) {
    var scorers = List.of(row.getArrayOfStrings("scorers"));
    return new Inherited(
        new EvaluationTable.Held(row.getString("evaluation_name"), row.getInteger("turn")),
        row.getBoolean("stop_asked"),
        row.getString("function_name"),
        row.getString("candidate_version"),
        row.getString("baseline").equals(EvaluationOrder.STORED)
            ? Optional.empty()
            : Optional.of(row.getArrayOfStrings("baseline_versions")[0]),
        scorers,
        left,
        row.getInteger("items"),
        new EvaluationReport(scorers, row.getInteger("units"), row.getInteger("units_expected")),
        List.of(row.getArrayOfStrings("asks")),
        Usd.of(row.getBigDecimal("budget_usd")),
        Usd.of(money.getBigDecimal("settled")),
        Usd.of(money.getBigDecimal("open")));
  }
}
