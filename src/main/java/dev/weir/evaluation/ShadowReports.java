package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;

/**
 * What shadow runs have shown. Plain figures are over the newest pairs; the difference in validity
 * with its interval is over each user's first call, in the order of the calls, so that it holds
 * however often one looks and however much some users call. A call counts there only once all
 * copies of its time have surely ended: else those that answer quickly would be in before those
 * that hang. Where what callers get has changed meanwhile, calls answered by the version of now
 * count alone. What a provider failed says nothing of a version: {@link FirstCalls}. Thread-safe.
 */
final class ShadowReports {
  private static final double ALPHA = 0.05;

  /** The users that an interval is made tightest for; it is right for any number. */
  private static final int EXPECTED_USERS = 1_000;

  /** The users that the interval is made from: the first so many. */
  private static final int MOST_USERS = 50_000;

  /** The pairs that plain figures are made from: the newest so many. */
  private static final int NEWEST = 100_000;

  private static final String LIST =
      """
      SELECT r.run_id, r.run_name, r.function_name, r.function_version, r.share, r.created_by, r.started_at, r.ends_at,
        r.account, CASE WHEN r.status = 'running' AND r.ends_at <= now() THEN 'stopped' ELSE r.status END AS status,
        coalesce(r.stopped_at, CASE WHEN r.ends_at <= now() THEN r.ends_at END) AS stopped_at,
        l.amount AS usd_per_month, coalesce(q.usd_settled, 0) AS spent
      FROM shadow_runs r
      LEFT JOIN subject_limits l ON l.subject_kind = 'user' AND l.subject_id = r.account
        AND l.unit = 'usd' AND l.period = 'month'
      LEFT JOIN user_quotas q ON q.subject_kind = 'user' AND q.subject_id = r.account
        AND q.billing_month = date_trunc('month', now() AT TIME ZONE 'UTC')::date
      WHERE r.status <> 'deleted' AND ($1::text IS NULL OR r.run_name = $1)
      ORDER BY r.started_at DESC LIMIT 100
      """;

  private static final String PAIRS =
      "SELECT count(*) AS pairs FROM shadow_pairs WHERE run_id = $1";

  private static final String FIGURES =
      """
      SELECT count(*) AS newest, count(DISTINCT user_id) AS users,
        count(*) FILTER (WHERE same IS NOT NULL) AS both, count(*) FILTER (WHERE same) AS same,
        count(*) FILTER (WHERE live_outcome = 'ok') AS live_ok, count(*) FILTER (WHERE shadow_outcome = 'ok') AS shadow_ok,
        avg(live_cost_usd)::numeric(20, 9) AS live_cost, avg(shadow_cost_usd)::numeric(20, 9) AS shadow_cost,
        avg(live_output_tokens)::double precision AS live_tokens,
        avg(shadow_output_tokens)::double precision AS shadow_tokens,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY live_ms) AS live_ms,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY shadow_ms) AS shadow_ms
      FROM (SELECT * FROM shadow_pairs WHERE run_id = $1 ORDER BY request_id DESC LIMIT $2) AS n
      """;

  private static final String ERRORS =
      """
      SELECT shadow_outcome AS code, count(*) AS calls
      FROM (SELECT shadow_outcome FROM shadow_pairs WHERE run_id = $1 ORDER BY request_id DESC LIMIT $2) AS n
      WHERE shadow_outcome <> 'ok' GROUP BY 1 ORDER BY 2 DESC, 1
      """;

  private static final String MISSES =
      "SELECT reason AS code, calls FROM shadow_misses WHERE run_id = $1 ORDER BY calls DESC,"
          + " reason";

  private static final String FIRST =
      """
      SELECT live_outcome, shadow_outcome FROM (
        SELECT DISTINCT ON (user_id) user_id, request_id, live_outcome, shadow_outcome FROM shadow_pairs
        WHERE run_id = $1 AND settled_at <= now() AND live_version = (
          SELECT live_version FROM shadow_pairs WHERE run_id = $1 ORDER BY request_id DESC LIMIT 1)
        ORDER BY user_id, request_id) AS f
      ORDER BY request_id LIMIT $2
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

  /** One run without what it has shown; {@code NOT_FOUND}. */
  Future<JsonNode> head(String run) {
    return database.admin(c -> row(c, run).map(ShadowReports::head));
  }

  private static Future<Row> row(SqlConnection c, String run) {
    return c.preparedQuery(LIST)
        .execute(Tuple.of(run))
        .map(
            rows -> {
              for (var row : rows) {
                return row;
              }
              throw ShadowTable.unknown();
            });
  }

  /** One run with all that it has shown; {@code NOT_FOUND}. */
  Future<JsonNode> show(String run) {
    return database.admin(c -> row(c, run).compose(row -> shown(c, row)));
  }

  private Future<JsonNode> shown(SqlConnection c, Row run) {
    var json = head(run);
    var id = run.getUUID("run_id");
    return c.preparedQuery(PAIRS)
        .execute(Tuple.of(id))
        .onSuccess(rows -> rows.forEach(row -> json.put("pairs", row.getLong("pairs"))))
        .compose(_ -> c.preparedQuery(FIGURES).execute(Tuple.of(id, NEWEST)))
        .onSuccess(rows -> rows.forEach(row -> figures(json, row)))
        .compose(_ -> c.preparedQuery(ERRORS).execute(Tuple.of(id, NEWEST)))
        .onSuccess(rows -> counts(json.putObject("shadow_errors"), rows))
        .compose(_ -> c.preparedQuery(MISSES).execute(Tuple.of(id)))
        .onSuccess(rows -> counts(json.putObject("not_copied"), rows))
        .compose(_ -> c.preparedQuery(FIRST).execute(Tuple.of(id, MOST_USERS)))
        .compose(rows -> validity(json, rows));
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
            .put("ends_at", row.getOffsetDateTime("ends_at").toInstant().toString())
            .put("account", row.getString("account"))
            .put("usd_per_month", row.getBigDecimal("usd_per_month"))
            .put("spent_this_month_usd", row.getBigDecimal("spent"));
    var stopped = row.getOffsetDateTime("stopped_at");
    return stopped == null ? json : json.put("stopped_at", stopped.toInstant().toString());
  }

  private static void figures(ObjectNode json, Row row) {
    json.put("newest", row.getLong("newest")).put("users", row.getLong("users"));
    json.put("both_answered", row.getLong("both")).put("same_answer", row.getLong("same"));
    if (row.getLong("newest") > 0) {
      side(json.putObject("live"), row, "live");
      side(json.putObject("shadow"), row, "shadow");
    }
  }

  private static void side(ObjectNode json, Row row, String which) {
    var millis = row.getArrayOfLongs(which + "_ms");
    json.put("valid_share", (double) row.getLong(which + "_ok") / row.getLong("newest"))
        .put("p50_ms", millis[0])
        .put("p95_ms", millis[1])
        .put("mean_cost_usd", row.getBigDecimal(which + "_cost"))
        .put("mean_output_tokens", row.getDouble(which + "_tokens"));
  }

  private static void counts(ObjectNode json, RowSet<Row> rows) {
    rows.forEach(row -> json.put(row.getString("code"), row.getLong("calls")));
  }

  private Future<JsonNode> validity(ObjectNode json, RowSet<Row> rows) {
    var first = new FirstCalls(ALPHA, EXPECTED_USERS);
    rows.forEach(row -> first.user(row.getString("live_outcome"), row.getString("shadow_outcome")));
    // Each step of the search for the interval's ends walks through all users.
    return vertx.executeBlocking(first::json).map(found -> json.set("validity", found));
  }
}
