package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tables {@code evaluations} and {@code evaluation_items}. Thread-safe. */
final class EvaluationTable {
  private static final String BEGIN =
      """
      INSERT INTO evaluations (evaluation_name, function_name, candidate, candidate_version, baseline, baseline_versions,
        scorers, item_source, items, units, units_expected, unfit, left_out, budget_usd, created_by, asks)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
      ON CONFLICT (evaluation_name) DO NOTHING RETURNING evaluation_name
      """;

  private static final String INSERT =
      """
      INSERT INTO evaluation_items (evaluation_name, position, user_id, unit, unit_items, source_id, baseline_outcome,
        candidate_outcome, same, scores, baseline_ms, candidate_ms, baseline_cost_usd, candidate_cost_usd)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11, $12, $13, $14) ON CONFLICT DO NOTHING
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

  private static final String ITEMS =
      """
      SELECT position, unit, unit_items, user_id, source_id, baseline_outcome, candidate_outcome, same,
        scores::text AS scores, baseline_ms, candidate_ms, baseline_cost_usd, candidate_cost_usd
      FROM evaluation_items WHERE evaluation_name = $1 ORDER BY position
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

  /** Opens the account and keeps the evaluation; false if there is one of this name. */
  Future<Boolean> begin(Beginning b) {
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
                                .compose(_ -> EvaluationWork.add(c, b.name(), b.items()))
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
                            : add(c, held.name(), items).map(word)));
  }

  private static Word word(RowSet<Row> rows) {
    for (var row : rows) {
      return row.getBoolean("stop_asked") ? Word.STOP : Word.GO_ON;
    }
    return Word.NO_LONGER_YOURS;
  }

  private static Future<?> add(SqlConnection c, String name, List<Scored> items) {
    return items.isEmpty()
        ? Future.succeededFuture()
        : c.preparedQuery(INSERT)
            .executeBatch(items.stream().map(item -> row(name, item)).toList())
            .compose(
                _ -> EvaluationWork.done(c, name, items.stream().map(Scored::position).toList()));
  }

  private static Tuple row(String name, Scored s) {
    return Tuple.tuple()
        .addString(name)
        .addInteger(s.position())
        .addString(s.user())
        .addInteger(s.unit())
        .addInteger(s.unitItems())
        .addUUID(s.source().orElse(null))
        .addString(s.baseline().word())
        .addString(s.candidate().word())
        .addBoolean(s.same().orElse(null))
        .addString(scores(s).toString())
        .addLong(s.baseline().took().map(Duration::toMillis).orElse(null))
        .addLong(s.candidate().took().map(Duration::toMillis).orElse(null))
        .addBigDecimal(s.baseline().cost().map(Usd::dollars).orElse(null))
        .addBigDecimal(s.candidate().cost().map(Usd::dollars).orElse(null));
  }

  private static ObjectNode scores(Scored s) {
    var json = Json.object();
    s.scores()
        .forEach(
            (scorer, pair) ->
                pair.ifPresentOrElse(
                    p ->
                        json.putArray(scorer)
                            .add(p.baseline().orElse(null))
                            .add(p.candidate().orElse(null)),
                    () -> json.putNull(scorer)));
    return json;
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
    return database.admin(
        c ->
            c.preparedQuery(ITEMS)
                .execute(Tuple.of(name))
                .map(
                    rows -> {
                      var all = new ArrayList<Scored>(rows.size());
                      rows.forEach(row -> all.add(scored(row)));
                      return all;
                    }));
  }

  private static Scored scored(Row row) {
    return new Scored(
        row.getInteger("position"),
        row.getInteger("unit"),
        row.getInteger("unit_items"),
        row.getString("user_id"),
        Optional.ofNullable(row.getUUID("source_id")),
        side(row, "baseline"),
        side(row, "candidate"),
        Optional.ofNullable(row.getBoolean("same")),
        pairs(Json.parse(row.getString("scores"))));
  }

  private static Scored.Side side(Row row, String which) {
    return new Scored.Side(
        row.getString(which + "_outcome"),
        Optional.<Long>ofNullable(row.getLong(which + "_ms")).map(Duration::ofMillis),
        Optional.<BigDecimal>ofNullable(row.getBigDecimal(which + "_cost_usd")).map(Usd::of));
  }

  private static Map<String, Optional<Scored.Pair>> pairs(JsonNode json) {
    var pairs = new LinkedHashMap<String, Optional<Scored.Pair>>();
    json.properties()
        .forEach(
            entry ->
                pairs.put(
                    entry.getKey(),
                    entry.getValue().isArray()
                        ? Optional.of(
                            new Scored.Pair(
                                score(entry.getValue().path(0)), score(entry.getValue().path(1))))
                        : Optional.empty()));
    return pairs;
  }

  private static Optional<Double> score(JsonNode json) {
    return json.isNumber() ? Optional.of(json.doubleValue()) : Optional.empty();
  }

  /** Asks for an end; whoever works on it hears of it within a second. */
  Future<Void> askToStop(String name) {
    return database.admin(c -> c.preparedQuery(STOP).execute(Tuple.of(name)).mapEmpty());
  }
}
