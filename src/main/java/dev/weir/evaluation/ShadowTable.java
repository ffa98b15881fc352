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
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The tables {@code shadow_runs} and {@code shadow_pairs}, but for reports. Thread-safe. */
final class ShadowTable {
  private static final String START =
      "INSERT INTO shadow_runs (run_name, function_name, function_version, share, created_by)"
          + " VALUES ($1, $2, $3, $4, $5)";
  private static final String STOP =
      "UPDATE shadow_runs SET status = 'stopped', stopped_at = now() WHERE run_name = $1 AND status"
          + " = 'running'";
  private static final String DELETE =
      "DELETE FROM shadow_runs WHERE run_name = $1 AND status = 'stopped'";
  private static final String STATUS = "SELECT status FROM shadow_runs WHERE run_name = $1";
  private static final String RUNNING =
      "SELECT run_name, function_name, function_version, share FROM shadow_runs WHERE status ="
          + " 'running' ORDER BY run_name";

  /** Of a run that was deleted meanwhile nothing is kept, and a pair that comes twice is one. */
  private static final String PAIR =
      """
      INSERT INTO shadow_pairs (run_name, request_id, user_id, live_version, live_outcome, shadow_outcome, same,
        live_ms, shadow_ms, live_cost_usd, shadow_cost_usd, live_output_tokens, shadow_output_tokens)
      SELECT run_name, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM shadow_runs WHERE run_name = $1
      ON CONFLICT DO NOTHING
      """;

  private static final String OLD =
      """
      DELETE FROM shadow_pairs WHERE (run_name, request_id) IN (
        SELECT run_name, request_id FROM shadow_pairs WHERE paired_at < now() - interval '90 days'
        ORDER BY paired_at LIMIT $1)
      """;

  private static final int BATCH = 1_000;

  private final Database database;

  ShadowTable(Database database) {
    this.database = database;
  }

  /** A run that is under way, as its row says it. */
  record Running(String run, String function, String version, BigDecimal share) {}

  Future<List<Running>> running() {
    return database.jobs(
        c ->
            c.query(RUNNING)
                .execute()
                .map(
                    rows -> {
                      var all = new ArrayList<Running>();
                      rows.forEach(row -> all.add(running(row)));
                      return all;
                    }));
  }

  private static Running running(Row row) {
    return new Running(
        row.getString("run_name"),
        row.getString("function_name"),
        row.getString("function_version"),
        row.getBigDecimal("share"));
  }

  /** Starts a run and opens its account, in one transaction. */
  Future<Void> start(Running run, BigDecimal usdPerMonth, String by) {
    return database
        .admin(
            c ->
                c.preparedQuery(START)
                    .execute(Tuple.of(run.run(), run.function(), run.version(), run.share(), by))
                    .compose(_ -> Accounts.open(c, Accounts.ofShadow(run.run()), usdPerMonth)))
        .recover(e -> Future.failedFuture(explained(e, run)));
  }

  private static Throwable explained(Throwable e, Running run) {
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
    return changed(run, STOP, "running"::equals, "It has stopped already.");
  }

  /** Forgets a run with its pairs; {@code CONFLICT} while it is under way. */
  Future<Void> delete(String run) {
    return changed(run, DELETE, "stopped"::equals, "It is under way; stop it first.");
  }

  private Future<Void> changed(
      String run, String change, Predicate<String> allowed, String otherwise) {
    return database.admin(
        c ->
            c.preparedQuery(STATUS)
                .execute(Tuple.of(run))
                .compose(
                    rows -> {
                      for (var row : rows) {
                        return allowed.test(row.getString("status"))
                            ? c.preparedQuery(change).execute(Tuple.of(run)).<Void>mapEmpty()
                            : Future.<Void>failedFuture(AIError.of(ErrorCode.CONFLICT, otherwise));
                      }
                      return Future.failedFuture(unknown());
                    }));
  }

  static AIError unknown() {
    return AIError.of(
        ErrorCode.NOT_FOUND, "There is no shadow run of this name; GET /api/shadows lists them.");
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
        .addString(pair.run())
        .addUUID(pair.call())
        .addString(pair.user())
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

  /** Deletes pairs of long ago, in small batches. */
  Future<Void> clean(Turn turn) {
    return turn.write(c -> c.preparedQuery(OLD).execute(Tuple.of(BATCH)))
        .compose(gone -> gone.rowCount() == BATCH ? clean(turn) : Future.<Void>succeededFuture());
  }
}
