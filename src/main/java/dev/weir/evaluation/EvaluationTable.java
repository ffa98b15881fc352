package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Usd;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;

/** The table {@code evaluations}, and those of its items. Thread-safe. */
final class EvaluationTable {
  private static final String BEGIN =
      """
      INSERT INTO evaluations (evaluation_name, function_name, candidate, candidate_version, baseline, baseline_versions,
        scorers, item_source, items, units, units_expected, unfit, left_out, budget_usd, created_by, asks)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
      ON CONFLICT (evaluation_name) DO NOTHING RETURNING evaluation_name
      """;

  private static final String MOVE =
      """
      UPDATE evaluations SET done = $3, spent_usd = $4, moved_at = clock_timestamp()
      WHERE evaluation_name = $1 AND turn = $2 AND status = 'running' RETURNING stop_asked
      """;

  private static final String HAND_OVER =
      """
      UPDATE evaluations SET handed_over = true, moved_at = clock_timestamp()
      WHERE evaluation_name = $1 AND turn = $2 AND status = 'running'
      """;

  private static final String END =
      """
      UPDATE evaluations SET status = $3, reason = $4, report = $5::text::jsonb, done = $6, spent_usd = $7,
        handed_over = false, moved_at = clock_timestamp(), ended_at = clock_timestamp()
      WHERE evaluation_name = $1 AND turn = $2 AND status = 'running'
      """;

  private static final String STOP =
      "UPDATE evaluations SET stop_asked = true WHERE evaluation_name = $1";

  private final Database database;

  EvaluationTable(Database database) {
    this.database = database;
  }

  /**
   * An evaluation as it begins.
   *
   * @param versions of the baseline: the one that is asked, or those that gave the stored answers
   * @param items all that is to be asked
   * @param units how many users its items have
   * @param unitsExpected how many of them have one of which is known what the answer should be
   * @param unfit contents that were left out since they do not fit the candidate's input
   * @param leftOut contents that were left out since they failed and it was not the version's fault
   * @param asks what is asked, as {@link Preparation} spells it
   */
  record Beginning(
      String name,
      EvaluationOrder order,
      String candidateVersion,
      String baseline,
      List<String> versions,
      List<Item> items,
      int units,
      int unitsExpected,
      int unfit,
      int leftOut,
      List<String> asks,
      String by) {}

  /** What whoever works on an evaluation is told. */
  enum Word {
    GO_ON,
    STOP,
    /** It has ended, or another node works on it. */
    NO_LONGER_YOURS
  }

  /** An evaluation that a node works on: its name, and the how many-th node this is. */
  record Held(String name, int turn) {}

  /**
   * Opens the account and keeps the evaluation; false if there is one of this name. Not for an
   * event loop: writes out all cases.
   */
  Future<Boolean> begin(Beginning b) {
    var work = EvaluationWork.rows(b.name(), b.items());
    return database.admin(
        c ->
            c.preparedQuery(BEGIN)
                .execute(row(b))
                .compose(
                    rows ->
                        rows.rowCount() == 0
                            ? Future.succeededFuture(false)
                            : Accounts.open(
                                    c,
                                    Accounts.ofEvaluation(b.name()),
                                    b.order().budget().dollars())
                                .compose(_ -> EvaluationWork.add(c, work))
                                .map(true)));
  }

  private static Tuple row(Beginning b) {
    var order = b.order();
    return Tuple.tuple()
        .addString(b.name())
        .addString(order.function())
        .addString(order.candidate())
        .addString(b.candidateVersion())
        .addString(b.baseline())
        .addArrayOfString(b.versions().toArray(String[]::new))
        .addArrayOfString(order.scorers().stream().map(Scorer::name).toArray(String[]::new))
        .addString(order.cases().isPresent() ? "cases" : EvaluationOrder.STORED)
        .addInteger(b.items().size())
        .addInteger(b.units())
        .addInteger(b.unitsExpected())
        .addInteger(b.unfit())
        .addInteger(b.leftOut())
        .addBigDecimal(order.budget().dollars())
        .addString(b.by())
        .addArrayOfString(b.asks().toArray(String[]::new));
  }

  /**
   * Writes scored items, which are no longer to be asked then, how far it is and that somebody
   * works on it.
   */
  Future<Word> move(Held held, List<Scored> items, int done, Usd spent) {
    return database.jobs(
        c ->
            c.preparedQuery(MOVE)
                .execute(Tuple.of(held.name(), held.turn(), done, spent.dollars()))
                .map(EvaluationTable::word)
                .compose(
                    word ->
                        word == Word.NO_LONGER_YOURS
                            ? Future.succeededFuture(word)
                            : EvaluationItems.add(c, held.name(), items).map(word)));
  }

  private static Word word(RowSet<Row> rows) {
    for (var row : rows) {
      return row.getBoolean("stop_asked") ? Word.STOP : Word.GO_ON;
    }
    return Word.NO_LONGER_YOURS;
  }

  /** Leaves it to the next node that has room; nothing happens to one that is no longer held. */
  Future<Void> handOver(Held held) {
    return database.jobs(
        c -> c.preparedQuery(HAND_OVER).execute(Tuple.of(held.name(), held.turn())).mapEmpty());
  }

  /**
   * Ends it, with its report, and forgets what was left to ask; nothing happens to one that is no
   * longer held.
   */
  Future<Void> end(
      Held held, String status, Optional<String> reason, JsonNode report, int done, Usd spent) {
    return database.jobs(
        c ->
            c.preparedQuery(END)
                .execute(
                    Tuple.tuple()
                        .addString(held.name())
                        .addInteger(held.turn())
                        .addString(status)
                        .addString(reason.orElse(null))
                        .addString(report.toString())
                        .addInteger(done)
                        .addBigDecimal(spent.dollars()))
                .compose(
                    ended ->
                        ended.rowCount() == 0
                            ? Future.succeededFuture()
                            : EvaluationWork.forget(c, held.name())));
  }

  /** All items that were scored, in their order. */
  Future<List<Scored>> items(String name) {
    return database.admin(c -> EvaluationItems.of(c, name));
  }

  /** Asks for an end; whoever works on it hears of it within a second. */
  Future<Void> askToStop(String name) {
    return database.admin(c -> c.preparedQuery(STOP).execute(Tuple.of(name)).mapEmpty());
  }
}
