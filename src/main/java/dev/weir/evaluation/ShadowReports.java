package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.experiments.stats.Estimate;
import dev.weir.experiments.stats.PairedMean;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;

/**
 * What shadow runs have shown. Plain figures are over all pairs; the difference in validity with
 * its interval is over each user's first pair, in the order in which they came, so that it holds
 * however often one looks and however much some users call. Thread-safe.
 */
final class ShadowReports {
  private static final double ALPHA = 0.05;

  /** The users that an interval is made tightest for; it is right for any number. */
  private static final int EXPECTED_USERS = 1_000;

  /** The users that the interval is made from: the first so many. */
  private static final int MOST_USERS = 50_000;

  private static final String LIST =
      """
      SELECT r.run_name, r.function_name, r.function_version, r.share, r.status, r.created_by, r.started_at, r.stopped_at,
        l.amount AS usd_per_month,
        (SELECT coalesce(sum(u.cost_usd), 0) FROM ai_usage_metrics u
          WHERE u.user_id = 'weir-shadow.' || r.run_name AND u.started_at >= r.started_at) AS spent_usd
      FROM shadow_runs r
      LEFT JOIN subject_limits l ON l.subject_kind = 'user' AND l.subject_id = 'weir-shadow.' || r.run_name
        AND l.unit = 'usd' AND l.period = 'month'
      WHERE $1::text IS NULL OR r.run_name = $1
      ORDER BY r.started_at DESC LIMIT 100
      """;

  private static final String FIGURES =
      """
      SELECT count(*) AS pairs, count(DISTINCT user_id) AS users,
        count(*) FILTER (WHERE same IS NOT NULL) AS both, count(*) FILTER (WHERE same) AS same,
        count(*) FILTER (WHERE live_outcome = 'ok') AS live_ok, count(*) FILTER (WHERE shadow_outcome = 'ok') AS shadow_ok,
        avg(live_cost_usd)::numeric(20, 9) AS live_cost, avg(shadow_cost_usd)::numeric(20, 9) AS shadow_cost,
        avg(live_output_tokens)::double precision AS live_tokens,
        avg(shadow_output_tokens)::double precision AS shadow_tokens,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY live_ms) AS live_ms,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY shadow_ms) AS shadow_ms
      FROM shadow_pairs WHERE run_name = $1
      """;

  private static final String ERRORS =
      """
      SELECT shadow_outcome AS code, count(*) AS calls FROM shadow_pairs
      WHERE run_name = $1 AND shadow_outcome <> 'ok' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
      """;

  private static final String FIRST =
      """
      SELECT live_outcome = 'ok' AS live, shadow_outcome = 'ok' AS shadow FROM (
        SELECT DISTINCT ON (user_id) user_id, paired_at, request_id, live_outcome, shadow_outcome FROM shadow_pairs
        WHERE run_name = $1 ORDER BY user_id, paired_at, request_id) AS f
      ORDER BY paired_at, request_id LIMIT $2
      """;

  private final Vertx vertx;
  private final Database database;

  ShadowReports(Vertx vertx, Database database) {
    this.vertx = vertx;
    this.database = database;
  }

  Future<JsonNode> list() {
    return database.admin(
        c ->
            c.preparedQuery(LIST)
                .execute(Tuple.tuple().addString(null))
                .map(
                    rows -> {
                      var json = Json.object();
                      var list = json.putArray("shadows");
                      rows.forEach(row -> list.add(head(row)));
                      return json;
                    }));
  }

  /** One run with all that it has shown; {@code NOT_FOUND}. */
  Future<JsonNode> show(String run) {
    return database.admin(
        c ->
            c.preparedQuery(LIST)
                .execute(Tuple.of(run))
                .compose(
                    rows -> {
                      for (var row : rows) {
                        var json = head(row);
                        return c.preparedQuery(FIGURES)
                            .execute(Tuple.of(run))
                            .onSuccess(found -> found.forEach(r -> figures(json, r)))
                            .compose(_ -> c.preparedQuery(ERRORS).execute(Tuple.of(run)))
                            .onSuccess(found -> errors(json, found))
                            .compose(_ -> c.preparedQuery(FIRST).execute(Tuple.of(run, MOST_USERS)))
                            .compose(found -> validity(json, found));
                      }
                      return Future.failedFuture(ShadowTable.unknown());
                    }));
  }

  private static ObjectNode head(Row row) {
    var json =
        Json.object()
            .put("name", row.getString("run_name"))
            .put("function", row.getString("function_name"))
            .put("candidate", row.getString("function_version"))
            .put("share", row.getBigDecimal("share"))
            .put("status", row.getString("status"))
            .put("created_by", row.getString("created_by"))
            .put("started_at", row.getOffsetDateTime("started_at").toInstant().toString())
            .put("usd_per_month", row.getBigDecimal("usd_per_month"))
            .put("spent_usd", row.getBigDecimal("spent_usd"));
    var stopped = row.getOffsetDateTime("stopped_at");
    return stopped == null ? json : json.put("stopped_at", stopped.toInstant().toString());
  }

  private static void figures(ObjectNode json, Row row) {
    json.put("pairs", row.getLong("pairs")).put("users", row.getLong("users"));
    json.put("both_answered", row.getLong("both")).put("same_answer", row.getLong("same"));
    if (row.getLong("pairs") > 0) {
      side(json.putObject("live"), row, "live");
      side(json.putObject("shadow"), row, "shadow");
    }
  }

  private static void side(ObjectNode json, Row row, String which) {
    var millis = row.getArrayOfLongs(which + "_ms");
    json.put("valid_share", (double) row.getLong(which + "_ok") / row.getLong("pairs"))
        .put("p50_ms", millis[0])
        .put("p95_ms", millis[1])
        .put("mean_cost_usd", row.getBigDecimal(which + "_cost"))
        .put("mean_output_tokens", row.getDouble(which + "_tokens"));
  }

  private static void errors(ObjectNode json, RowSet<Row> rows) {
    var errors = json.putObject("shadow_errors");
    rows.forEach(row -> errors.put(row.getString("code"), row.getLong("calls")));
  }

  private Future<JsonNode> validity(ObjectNode json, RowSet<Row> rows) {
    var mean = new PairedMean(ALPHA, EXPECTED_USERS);
    rows.forEach(
        row -> mean.observe(row.getBoolean("live") ? 1 : 0, row.getBoolean("shadow") ? 1 : 0));
    // Each step of the search for the interval's ends walks through all users.
    return vertx
        .executeBlocking(() -> estimate(mean.estimate()))
        .map(found -> json.set("validity", found));
  }

  /** A difference, candidate minus what is served. */
  private static ObjectNode estimate(Estimate estimate) {
    var json = Json.object();
    if (!Double.isNaN(estimate.value())) {
      json.put("effect", estimate.value());
    }
    return json.put("lower", estimate.lower())
        .put("upper", estimate.upper())
        .put("p_value", estimate.pValue())
        .put("alpha", estimate.alpha())
        .put("users", estimate.users());
  }
}
