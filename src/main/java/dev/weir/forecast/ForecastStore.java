package dev.weir.forecast;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What forecasts read. Every method works inside its caller's transaction, under its role. */
final class ForecastStore {
  /** More days of history tell little; of one subject so many are read, of all together fewer. */
  static final int DAYS = 400;

  private static final int DAYS_OF_ALL = 200;

  /** So many users are foreseen one by one; all the others are one more. */
  private static final int USERS = 200;

  private static final String SUMS =
      """
      sum(calls - cache_hits)::bigint AS calls, sum(prompt_tokens)::bigint AS input,
      sum(completion_tokens)::bigint AS output, sum(prompt_tokens_cached)::bigint AS cached,
      sum(reasoning_tokens)::bigint AS reasoning, sum(searches)::bigint AS searches, sum(cost_usd) AS cost\
      """;

  private static final String HISTORY =
      "SELECT day, model, "
          + SUMS
          + " FROM usage_daily WHERE day >= $1 AND :subject GROUP BY day, model";

  private static final String REFUSED =
      """
      SELECT (minute AT TIME ZONE 'UTC')::date AS day, sum(refusals)::bigint AS refusals
      FROM admission_refusals
      WHERE minute >= $1::date::timestamp AT TIME ZONE 'UTC' AND code IN ('QUOTA_EXCEEDED', 'BUDGET_EXCEEDED') AND :subject
      GROUP BY 1
      """;

  private static final String SETTLED =
      """
      SELECT coalesce(sum(cost_usd), 0) AS cost, coalesce(sum(calls), 0)::bigint AS calls
      FROM usage_daily
      WHERE billing_month = $1 AND day >= $1::date - 2 AND :subject
      """;

  private static final String ESTIMATED =
      """
      SELECT coalesce(sum(cost_usd), 0) AS cost
      FROM ai_usage_metrics
      WHERE estimated AND billing_month = $1 AND started_at >= ($1::date - 2)::timestamp AT TIME ZONE 'UTC' AND :subject
      """;

  private static final String HELD =
      """
      SELECT coalesce(sum(usd_held), 0) AS held FROM user_quotas
      WHERE subject_kind = 'user' AND billing_month = $1 AND :subject
      """;

  /**
   * The user's own limits before those of the tier; who is not known yet will get the default tier.
   */
  private static final String LIMITS =
      """
      SELECT
        u.user_id, coalesce(own_usd.amount, t.usd_per_month) AS usd, coalesce(own_calls.amount, t.calls_per_month) AS calls,
        coalesce(own_day.amount, t.calls_per_day) AS calls_per_day, q.usd_settled, q.usd_held, q.calls_used
      FROM unnest($1::text[]) AS u (user_id)
      LEFT JOIN users AS known ON known.user_id = u.user_id
      JOIN tiers AS t ON t.name = coalesce(known.tier, weir_default_tier())
      LEFT JOIN subject_limits AS own_usd ON own_usd.subject_kind = 'user' AND own_usd.subject_id = u.user_id
        AND own_usd.unit = 'usd' AND own_usd.period = 'month'
      LEFT JOIN subject_limits AS own_calls ON own_calls.subject_kind = 'user' AND own_calls.subject_id = u.user_id
        AND own_calls.unit = 'calls' AND own_calls.period = 'month'
      LEFT JOIN subject_limits AS own_day ON own_day.subject_kind = 'user' AND own_day.subject_id = u.user_id
        AND own_day.unit = 'calls' AND own_day.period = 'day'
      LEFT JOIN user_quotas AS q ON q.subject_kind = 'user' AND q.subject_id = u.user_id AND q.billing_month = $2
      """;

  private static final String TOP_USERS =
      """
      SELECT user_id, sum(cost_usd) FILTER (WHERE billing_month = $2) AS cost, sum(calls)::bigint AS calls
      FROM usage_daily WHERE day >= $1
      GROUP BY user_id ORDER BY sum(cost_usd) DESC, user_id LIMIT $3
      """;

  private static final String OF_USERS =
      "SELECT CASE WHEN user_id = ANY ($2) THEN user_id ELSE '' END AS subject, day, model, "
          + SUMS
          + " FROM usage_daily WHERE day >= $1 GROUP BY 1, 2, 3";

  private static final String OF_FUNCTIONS =
      "SELECT function_name AS subject, day, model, "
          + SUMS
          + " FROM usage_daily WHERE day >= $1 GROUP BY 1, 2, 3";

  private static final String REFUSED_BY =
      """
      SELECT :subject AS subject, (minute AT TIME ZONE 'UTC')::date AS day, sum(refusals)::bigint AS refusals
      FROM admission_refusals
      WHERE minute >= $1::date::timestamp AT TIME ZONE 'UTC' AND code IN ('QUOTA_EXCEEDED', 'BUDGET_EXCEEDED')
      GROUP BY 1, 2
      """;

  private static final String POOL = "SELECT errors FROM forecast_pool WHERE kind = $1";

  private static final String KEEP_POOL =
      """
      INSERT INTO forecast_pool AS p (kind, series, errors) VALUES ($1, $2, $3)
      ON CONFLICT (kind) DO UPDATE SET series = excluded.series, errors = excluded.errors, computed_at = now()
      """;

  private ForecastStore() {}

  /**
   * A subject's history, books and limits.
   *
   * @param uses what it used on each day
   * @param refused what limits refused it
   * @param books the month so far
   * @param calls calls so far this month
   * @param limits a user's; empty of functions and of the total
   */
  record Facts(
      List<DayUse> uses,
      Map<LocalDate, Long> refused,
      MonthEnd.Books books,
      long calls,
      Optional<Limits> limits,
      ErrorPaths pool) {}

  /**
   * What a user may spend; empty is no limit.
   *
   * @param settled the ledger's own account of the month
   */
  record Limits(
      Optional<BigDecimal> usd,
      Optional<BigDecimal> calls,
      Optional<BigDecimal> callsPerDay,
      BigDecimal settled,
      BigDecimal held,
      long callsUsed) {
    /** What they leave. */
    Budget left(MonthEnd.Books books, long calls, double usdPerCall) {
      return new Budget(
          usd.map(most -> most.subtract(settled.max(books.settled())).subtract(held).doubleValue())
              .orElse(Double.POSITIVE_INFINITY),
          this.calls
              .map(most -> most.doubleValue() - Math.max(callsUsed, calls))
              .orElse(Double.POSITIVE_INFINITY),
          callsPerDay.map(BigDecimal::doubleValue).orElse(Double.POSITIVE_INFINITY),
          usdPerCall);
    }
  }

  /** All users and functions, as far as they are foreseen one by one. */
  record Everybody(
      Map<String, List<DayUse>> users,
      Map<String, Map<LocalDate, Long>> refusedUsers,
      Map<String, Limits> limits,
      Map<String, MonthEnd.Books> spent,
      Map<String, List<DayUse>> functions,
      Map<String, Map<LocalDate, Long>> refusedFunctions) {}

  /** What is to be known of one subject; {@code id} is not looked at for the total. */
  static Future<Facts> facts(SqlConnection c, By by, String id, LocalDate today) {
    var from = today.minusDays(DAYS);
    var month = today.withDayOfMonth(1);
    // One statement after the other: a transaction has one connection.
    return uses(c, by, id, from)
        .compose(
            uses ->
                refused(c, by, id, from)
                    .compose(
                        refused ->
                            books(c, by, id, month)
                                .compose(
                                    spent ->
                                        limits(c, by, id, month)
                                            .compose(
                                                limits ->
                                                    pool(c, by)
                                                        .map(
                                                            pool ->
                                                                new Facts(
                                                                    uses,
                                                                    refused,
                                                                    spent.books(),
                                                                    spent.calls(),
                                                                    limits,
                                                                    pool))))));
  }

  private record Spent(MonthEnd.Books books, long calls) {}

  private static Future<List<DayUse>> uses(SqlConnection c, By by, String id, LocalDate from) {
    return c.preparedQuery(HISTORY.replace(":subject", filter(by)))
        .execute(parameters(from, by, id))
        .map(
            rows -> {
              var uses = new ArrayList<DayUse>();
              rows.forEach(row -> uses.add(use(row)));
              return uses;
            });
  }

  private static Future<Map<LocalDate, Long>> refused(
      SqlConnection c, By by, String id, LocalDate from) {
    return c.preparedQuery(REFUSED.replace(":subject", filter(by)))
        .execute(parameters(from, by, id))
        .map(
            rows -> {
              var refused = new HashMap<LocalDate, Long>();
              rows.forEach(r -> refused.put(r.getLocalDate("day"), r.getLong("refusals")));
              return refused;
            });
  }

  private static Future<Spent> books(SqlConnection c, By by, String id, LocalDate month) {
    return c.preparedQuery(SETTLED.replace(":subject", filter(by)))
        .execute(parameters(month, by, id))
        .map(rows -> rows.iterator().next())
        .compose(
            settled ->
                c.preparedQuery(ESTIMATED.replace(":subject", filter(by)))
                    .execute(parameters(month, by, id))
                    .map(rows -> rows.iterator().next().getBigDecimal("cost"))
                    .compose(
                        estimated ->
                            held(c, by, id, month)
                                .map(
                                    held ->
                                        new Spent(
                                            new MonthEnd.Books(
                                                settled.getBigDecimal("cost"), estimated, held),
                                            settled.getLong("calls")))));
  }

  /** Nobody keeps what is open per function. */
  private static Future<BigDecimal> held(SqlConnection c, By by, String id, LocalDate month) {
    return by == By.FUNCTION
        ? Future.succeededFuture(BigDecimal.ZERO)
        : c.preparedQuery(HELD.replace(":subject", filter(by)))
            .execute(parameters(month, by, id))
            .map(rows -> rows.iterator().next().getBigDecimal("held"));
  }

  private static Future<Optional<Limits>> limits(
      SqlConnection c, By by, String id, LocalDate month) {
    return by == By.USER
        ? limits(c, List.of(id), month).map(all -> Optional.ofNullable(all.get(id)))
        : Future.succeededFuture(Optional.empty());
  }

  private static Future<Map<String, Limits>> limits(
      SqlConnection c, List<String> users, LocalDate month) {
    return c.preparedQuery(LIMITS)
        .execute(Tuple.of(users.toArray(String[]::new), month))
        .map(
            rows -> {
              var limits = new HashMap<String, Limits>();
              for (var r : rows) {
                limits.put(
                    r.getString("user_id"),
                    new Limits(
                        Optional.ofNullable(r.getBigDecimal("usd")),
                        Optional.ofNullable(r.getBigDecimal("calls")),
                        Optional.ofNullable(r.getBigDecimal("calls_per_day")),
                        Optional.ofNullable(r.getBigDecimal("usd_settled")).orElse(BigDecimal.ZERO),
                        Optional.ofNullable(r.getBigDecimal("usd_held")).orElse(BigDecimal.ZERO),
                        Optional.ofNullable(r.getLong("calls_used")).orElse(0L)));
              }
              return limits;
            });
  }

  /** The pooled errors for subjects of this kind; none if there are none yet. */
  static Future<ErrorPaths> pool(SqlConnection c, By by) {
    return c.preparedQuery(POOL)
        .execute(Tuple.of(by == By.USER ? "user" : "function"))
        .map(
            rows ->
                rows.size() == 0
                    ? ErrorPaths.NONE
                    : Pool.of(rows.iterator().next().getArrayOfDoubles(0)));
  }

  static Future<Void> keepPool(SqlConnection c, By by, int series, ErrorPaths pool) {
    return c.preparedQuery(KEEP_POOL)
        .execute(Tuple.of(by.label(), series, Pool.flat(pool)))
        .mapEmpty();
  }

  /** Everybody, the dearest users one by one and the others under the empty name. */
  static Future<Everybody> everybody(SqlConnection c, LocalDate today) {
    var from = today.minusDays(DAYS_OF_ALL);
    var month = today.withDayOfMonth(1);
    return c.preparedQuery(TOP_USERS)
        .execute(Tuple.of(today.minusDays(60), month, USERS))
        .compose(
            top -> {
              var spent = new LinkedHashMap<String, MonthEnd.Books>();
              for (var r : top) {
                spent.put(
                    r.getString("user_id"),
                    new MonthEnd.Books(
                        Optional.ofNullable(r.getBigDecimal("cost")).orElse(BigDecimal.ZERO),
                        BigDecimal.ZERO,
                        BigDecimal.ZERO));
              }
              var names = List.copyOf(spent.keySet());
              var ofUsers = Tuple.of(from).addArrayOfString(names.toArray(String[]::new));
              return grouped(c, OF_USERS, ofUsers)
                  .compose(
                      users ->
                          refusedBy(c, "user_id", from)
                              .compose(
                                  refusedUsers ->
                                      limits(c, names, month)
                                          .compose(
                                              limits ->
                                                  grouped(c, OF_FUNCTIONS, Tuple.of(from))
                                                      .compose(
                                                          functions ->
                                                              refusedBy(c, "function_name", from)
                                                                  .map(
                                                                      refused ->
                                                                          new Everybody(
                                                                              users,
                                                                              refusedUsers,
                                                                              limits,
                                                                              spent,
                                                                              functions,
                                                                              refused))))));
            });
  }

  private static Future<Map<String, List<DayUse>>> grouped(
      SqlConnection c, String sql, Tuple parameters) {
    return c.preparedQuery(sql)
        .execute(parameters)
        .map(
            rows -> {
              var groups = new HashMap<String, List<DayUse>>();
              rows.forEach(
                  r ->
                      groups
                          .computeIfAbsent(r.getString("subject"), _ -> new ArrayList<>())
                          .add(use(r)));
              return groups;
            });
  }

  private static Future<Map<String, Map<LocalDate, Long>>> refusedBy(
      SqlConnection c, String column, LocalDate from) {
    return c.preparedQuery(REFUSED_BY.replace(":subject", column))
        .execute(Tuple.of(from))
        .map(
            rows -> {
              var refused = new HashMap<String, Map<LocalDate, Long>>();
              rows.forEach(
                  r ->
                      refused
                          .computeIfAbsent(r.getString("subject"), _ -> new HashMap<>())
                          .put(r.getLocalDate("day"), r.getLong("refusals")));
              return refused;
            });
  }

  private static String filter(By by) {
    return switch (by) {
      case USER -> "user_id = $2";
      case FUNCTION -> "function_name = $2";
      case TOTAL -> "true";
    };
  }

  private static Tuple parameters(LocalDate day, By by, String id) {
    return by == By.TOTAL ? Tuple.of(day) : Tuple.of(day, id);
  }

  private static DayUse use(Row r) {
    return new DayUse(
        r.getLocalDate("day"),
        r.getString("model"),
        r.getLong("calls"),
        new DayUse.Sum(
            r.getLong("input"),
            r.getLong("output"),
            r.getLong("cached"),
            r.getLong("reasoning"),
            r.getLong("searches")),
        r.getBigDecimal("cost"));
  }
}
