package dev.weir.evaluation;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.jobs.Turn;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The tables of shadow runs, but for reports. Thread-safe. */
final class ShadowTable {
  /** One whose time is over stands in nobody's way. */
  private static final String OVER =
      """
      UPDATE shadow_runs SET status = 'stopped', stopped_at = ends_at
      WHERE status = 'running' AND ends_at <= now() AND ($1::text IS NULL OR function_name = $1)
      """;

  private static final String START =
      """
      INSERT INTO shadow_runs (run_id, run_name, function_name, function_version, share, account, ends_at, created_by)
      VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(days => $7), $8)
      """;
  private static final String STOP =
      "UPDATE shadow_runs SET status = 'stopped', stopped_at = now() WHERE run_name = $1 AND status"
          + " = 'running'";
  private static final String DELETE =
      "UPDATE shadow_runs SET status = 'deleted' WHERE run_name = $1 AND (status = 'stopped' OR"
          + " status = 'running' AND ends_at <= now())";
  private static final String EXISTS =
      "SELECT FROM shadow_runs WHERE run_name = $1 AND status <> 'deleted'";
  private static final String RUNNING =
      """
      SELECT run_id, run_name, account, function_name, function_version, share FROM shadow_runs
      WHERE status = 'running' AND ends_at > now() ORDER BY run_name
      """;

  /** Of a run that was deleted meanwhile nothing is kept, and a pair that comes twice is one. */
  private static final String PAIR =
      """
      INSERT INTO shadow_pairs (run_id, request_id, user_id, called_at, settled_at, live_version, live_outcome,
        shadow_outcome, same, live_ms, shadow_ms, live_cost_usd, shadow_cost_usd, live_output_tokens,
        shadow_output_tokens)
      SELECT run_id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
      FROM shadow_runs WHERE run_id = $1 AND status <> 'deleted'
      ON CONFLICT DO NOTHING
      """;

  private static final String MISS =
      """
      INSERT INTO shadow_misses AS m (run_id, reason, calls)
      SELECT run_id, $2, $3 FROM shadow_runs WHERE run_id = $1 AND status <> 'deleted'
      ON CONFLICT (run_id, reason) DO UPDATE SET calls = m.calls + $3
      """;

  private static final String OLD =
      """
      UPDATE shadow_runs SET status = 'deleted'
      WHERE status = 'stopped' AND stopped_at < now() - interval '90 days'
      """;
  private static final String DELETED_PAIRS =
      """
      DELETE FROM shadow_pairs WHERE (run_id, request_id) IN (
        SELECT p.run_id, p.request_id FROM shadow_runs r JOIN shadow_pairs p USING (run_id)
        WHERE r.status = 'deleted' LIMIT $1)
      """;
  private static final String DELETED_RUNS =
      """
      DELETE FROM shadow_runs r WHERE r.status = 'deleted'
        AND NOT EXISTS (SELECT FROM shadow_pairs p WHERE p.run_id = r.run_id)
      """;

  private static final int BATCH = 1_000;

  private final Database database;

  ShadowTable(Database database) {
    this.database = database;
  }

  /** A run as its row says it. */
  record Run(
      UUID id, String name, String account, String function, String version, BigDecimal share) {}

  Future<List<Run>> running() {
    return database.jobs(
        c ->
            c.query(RUNNING)
                .execute()
                .map(
                    rows -> {
                      var all = new ArrayList<Run>();
                      rows.forEach(row -> all.add(run(row)));
                      return all;
                    }));
  }

  private static Run run(Row row) {
    return new Run(
        row.getUUID("run_id"),
        row.getString("run_name"),
        row.getString("account"),
        row.getString("function_name"),
        row.getString("function_version"),
        row.getBigDecimal("share"));
  }

  /** Starts a run and opens its account, in one transaction. */
  Future<Void> start(Run run, int days, BigDecimal usdPerMonth, String by) {
    return database
        .admin(
            c ->
                c.preparedQuery(OVER)
                    .execute(Tuple.of(run.function()))
                    .compose(
                        _ ->
                            c.preparedQuery(START)
                                .execute(
                                    Tuple.tuple()
                                        .addUUID(run.id())
                                        .addString(run.name())
                                        .addString(run.function())
                                        .addString(run.version())
                                        .addBigDecimal(run.share())
                                        .addString(run.account())
                                        .addInteger(days)
                                        .addString(by)))
                    .compose(_ -> Accounts.open(c, run.account(), usdPerMonth)))
        .recover(e -> Future.failedFuture(explained(e, run)));
  }

  private static Throwable explained(Throwable e, Run run) {
    if (!(e instanceof PgException refused) || !"23505".equals(refused.getSqlState())) {
      return e;
    }
    return AIError.of(
        ErrorCode.CONFLICT,
        "shadow_runs_one_running".equals(refused.getConstraint())
            ? "A shadow run of '" + run.function() + "' is under way already; stop it first."
            : "There is a shadow run of this name already; choose another, or delete it.");
  }

  /** Stops a run; {@code NOT_FOUND}, or {@code CONFLICT} if it has stopped. */
  Future<Void> stop(String run) {
    return changed(run, STOP, "It has stopped already.");
  }

  /** Forgets a run; {@code CONFLICT} while it is under way. {@link #sweep} deletes its pairs. */
  Future<Void> delete(String run) {
    return changed(run, DELETE, "It is under way; stop it first.");
  }

  private Future<Void> changed(String run, String change, String otherwise) {
    return database.admin(
        c ->
            c.preparedQuery(change)
                .execute(Tuple.of(run))
                .compose(
                    rows ->
                        rows.rowCount() == 1
                            ? Future.<Void>succeededFuture()
                            : c.preparedQuery(EXISTS)
                                .execute(Tuple.of(run))
                                .compose(
                                    found ->
                                        Future.failedFuture(
                                            found.size() == 0
                                                ? unknown()
                                                : AIError.of(ErrorCode.CONFLICT, otherwise)))));
  }

  static AIError unknown() {
    return AIError.of(
        ErrorCode.NOT_FOUND,
        "There is no shadow run of this name; './weir shadow list' or GET /api/shadows lists"
            + " them.");
  }

  Future<Void> add(List<ShadowPair> pairs) {
    return database.jobs(
        c ->
            c.preparedQuery(PAIR)
                .executeBatch(pairs.stream().map(ShadowTable::row).toList())
                .mapEmpty());
  }

  private static Tuple row(ShadowPair pair) {
    return Tuple.tuple()
        .addUUID(pair.run())
        .addUUID(pair.call())
        .addString(pair.user())
        .addOffsetDateTime(pair.calledAt().atOffset(ZoneOffset.UTC))
        .addOffsetDateTime(pair.settledAt().atOffset(ZoneOffset.UTC))
        .addString(pair.version())
        .addString(pair.live().outcome())
        .addString(pair.copy().outcome())
        .addBoolean(pair.same().orElse(null))
        .addLong(pair.live().took().toMillis())
        .addLong(pair.copy().took().toMillis())
        .addBigDecimal(pair.live().cost().dollars())
        .addBigDecimal(pair.copy().cost().dollars())
        .addLong(pair.live().outputTokens())
        .addLong(pair.copy().outputTokens());
  }

  /** Adds calls that were not copied. */
  Future<Void> miss(Map<ShadowCalls.Miss, Long> misses) {
    return database.jobs(
        c ->
            c.preparedQuery(MISS)
                .executeBatch(
                    misses.entrySet().stream()
                        .map(m -> Tuple.of(m.getKey().run(), m.getKey().reason(), m.getValue()))
                        .toList())
                .mapEmpty());
  }

  /** Ends runs whose time is over, and deletes those of long ago. */
  Future<Void> clean(Turn turn) {
    return turn.write(
            c ->
                c.preparedQuery(OVER)
                    .execute(Tuple.tuple().addString(null))
                    .compose(_ -> c.query(OLD).execute()))
        .compose(_ -> sweep());
  }

  /** Deletes what deleted runs left, pairs in small batches first. Twice at a time does no harm. */
  Future<Void> sweep() {
    return database
        .jobs(c -> c.preparedQuery(DELETED_PAIRS).execute(Tuple.of(BATCH)))
        .compose(
            gone ->
                gone.rowCount() == BATCH
                    ? sweep()
                    : database.jobs(c -> c.query(DELETED_RUNS).execute()).mapEmpty());
  }
}
