package dev.weir.alerts;

import dev.weir.core.Ids;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.StreamSupport;

/** What the anomaly job reads and writes; every method works inside the job's transaction. */
final class PulseTable {
  private static final String SPAN =
      """
      WITH clock AS (
        SELECT date_trunc('minute', clock_timestamp() - make_interval(secs => $1), 'UTC') AS until
      ), kept AS (
        INSERT INTO anomaly_watch AS w (seen_until) SELECT until - interval '1 minute' FROM clock
        ON CONFLICT (only_row) DO UPDATE SET seen_until = w.seen_until
        RETURNING seen_until
      )
      SELECT greatest(kept.seen_until, clock.until - interval '60 minutes') AS since, clock.until
      FROM kept, clock
      """;

  /**
   * Calls that ended long before they were recorded are history that arrives late, after an outage,
   * and no jump.
   */
  private static final String COSTS =
      """
      SELECT
        extract(epoch FROM date_trunc('minute', recorded_at, 'UTC'))::bigint / 60 AS minute, user_id, function_name,
        sum(cost_usd)::double precision AS usd
      FROM ai_usage_metrics
      WHERE recorded_at >= $1 AND recorded_at < $2 AND started_at >= $1 - interval '1 day' AND cost_usd > 0
        AND started_at + make_interval(secs => execution_time_ms / 1000.0) >= recorded_at - interval '5 minutes'
      GROUP BY 1, 2, 3
      """;

  private static final String PULSES =
      """
      SELECT s.* FROM anomaly_series AS s
      WHERE s.firing OR (s.series_kind, s.series_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
      """;

  private static final String SEEDS =
      """
      SELECT 'user' AS series_kind, user_id AS series_id, sum(cost_usd)::double precision AS usd, min(day) AS first
      FROM usage_daily
      WHERE user_id = ANY ($1) AND day >= $3::date - 14 AND day < $3::date
      GROUP BY user_id
      UNION ALL
      SELECT 'function', function_name, sum(cost_usd)::double precision, min((hour AT TIME ZONE 'UTC')::date)
      FROM usage_hourly
      WHERE function_name = ANY ($2) AND hour >= ($3::date - 14)::timestamp AT TIME ZONE 'UTC'
        AND hour < $3::date::timestamp AT TIME ZONE 'UTC'
      GROUP BY function_name
      """;

  private static final String KEEP =
      """
      INSERT INTO anomaly_series (
        series_kind, series_id, minute, cost, exposure, minutes, spread, hours, bursts, hour_sum, last_burst,
        evidence, excess, firing)
      SELECT * FROM unnest(
        $1::text[], $2::text[], $3::bigint[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::float8[],
        $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::boolean[])
      ON CONFLICT (series_kind, series_id) DO UPDATE SET
        minute = excluded.minute, cost = excluded.cost, exposure = excluded.exposure, minutes = excluded.minutes,
        spread = excluded.spread, hours = excluded.hours, bursts = excluded.bursts, hour_sum = excluded.hour_sum,
        last_burst = excluded.last_burst, evidence = excluded.evidence, excess = excluded.excess, firing = excluded.firing
      """;

  private static final String FIRE =
      """
      INSERT INTO alert_events (id, alert_name, state, detail) VALUES ($1, $2, 'firing', $3)
      ON CONFLICT (alert_name) WHERE state = 'firing' DO NOTHING
      """;

  private static final String RESOLVE =
      """
      UPDATE alert_events SET state = 'resolved', resolved_at = now() WHERE alert_name = $1 AND state = 'firing'
      """;

  private static final String SEEN = "UPDATE anomaly_watch SET seen_until = $1";
  private static final String COUNT = "SELECT count(*) FROM anomaly_series";

  /** Alerts that fire keep their row, so that somebody can resolve them. */
  private static final String FORGET =
      """
      DELETE FROM anomaly_series
      WHERE minute < extract(epoch FROM now())::bigint / 60 - 28 * 1440 AND NOT firing
      """;

  /**
   * The dearest week of each hour is left out, and the last day: one jump makes no season, least of
   * all one that excuses itself.
   */
  private static final String SEASONS =
      """
      SELECT
        function_name,
        (extract(isodow FROM hour AT TIME ZONE 'UTC')::int - 1) * 24 + extract(hour FROM hour AT TIME ZONE 'UTC')::int AS place,
        sum(usd) - max(usd) AS usd
      FROM (
        SELECT function_name, hour, sum(cost_usd)::double precision AS usd
        FROM usage_hourly
        WHERE hour >= date_trunc('hour', now(), 'UTC') - interval '28 days' AND hour < now() - interval '1 day'
        GROUP BY function_name, hour
      ) AS hours
      GROUP BY 1, 2
      """;

  private PulseTable() {}

  /** The minutes to be learnt: complete ones, whose transactions have all ended. */
  record Span(OffsetDateTime since, OffsetDateTime until) {
    boolean empty() {
      return !since.isBefore(until);
    }

    /** The last of them, counted from 1970. */
    long last() {
      return until.toEpochSecond() / 60 - 1;
    }

    long first() {
      return since.toEpochSecond() / 60;
    }
  }

  /** What a user spent by a function in a minute. */
  record Cost(long minute, String user, String function, double usd) {}

  /** A row of the memory. */
  record Kept(Pulse pulse, boolean firing) {}

  static Future<Span> span(SqlConnection c, int settleSeconds) {
    return c.preparedQuery(SPAN)
        .execute(Tuple.of(settleSeconds))
        .map(rows -> rows.iterator().next())
        .map(r -> new Span(r.getOffsetDateTime("since"), r.getOffsetDateTime("until")));
  }

  static Future<List<Cost>> costs(SqlConnection c, Span span) {
    return c.preparedQuery(COSTS)
        .execute(Tuple.of(span.since(), span.until()))
        .map(
            rows ->
                StreamSupport.stream(rows.spliterator(), false)
                    .map(
                        r ->
                            new Cost(
                                r.getLong("minute"),
                                r.getString("user_id"),
                                r.getString("function_name"),
                                r.getDouble("usd")))
                    .toList());
  }

  /** The memory of these series, and of all that fire. */
  static Future<Map<Series, Kept>> pulses(SqlConnection c, Collection<Series> series) {
    var names = Tuple.tuple();
    names.addValue(column(series, String[]::new, Series::kind));
    names.addValue(column(series, String[]::new, Series::id));
    return c.preparedQuery(PULSES)
        .execute(names)
        .map(
            rows -> {
              var found = new HashMap<Series, Kept>();
              rows.forEach(r -> found.put(series(r), new Kept(pulse(r), r.getBoolean("firing"))));
              return found;
            });
  }

  /** The beginnings of series that are not in the memory, from the roll-ups of two weeks. */
  static Future<Map<Series, Pulse>> seeds(
      SqlConnection c, Collection<Series> series, Span span, LocalDate today) {
    if (series.isEmpty()) {
      return Future.succeededFuture(Map.of());
    }
    return c.preparedQuery(SEEDS)
        .execute(
            Tuple.of(
                series.stream().filter(Series::isUser).map(Series::id).toArray(String[]::new),
                series.stream().filter(s -> !s.isUser()).map(Series::id).toArray(String[]::new),
                today))
        .map(
            rows -> {
              var seeds = new HashMap<Series, Pulse>();
              for (var r : rows) {
                var days = (int) (today.toEpochDay() - r.getLocalDate("first").toEpochDay());
                seeds.put(series(r), Pulse.seeded(span.first() - 1, r.getDouble("usd"), days));
              }
              series.forEach(s -> seeds.putIfAbsent(s, Pulse.seeded(span.first() - 1, 0, 0)));
              return seeds;
            });
  }

  static Future<Void> keep(SqlConnection c, Map<Series, Kept> all) {
    if (all.isEmpty()) {
      return Future.succeededFuture();
    }
    var entries = List.copyOf(all.entrySet());
    var row = Tuple.tuple();
    row.addValue(column(entries, String[]::new, e -> e.getKey().kind()));
    row.addValue(column(entries, String[]::new, e -> e.getKey().id()));
    row.addValue(column(entries, Long[]::new, e -> e.getValue().pulse().minute()));
    List.<Function<Pulse, Double>>of(
            Pulse::cost,
            Pulse::exposure,
            Pulse::minutes,
            Pulse::spread,
            Pulse::hours,
            Pulse::bursts,
            Pulse::hourSum,
            Pulse::lastBurst,
            Pulse::evidence,
            Pulse::excess)
        .forEach(
            f -> row.addValue(column(entries, Double[]::new, e -> f.apply(e.getValue().pulse()))));
    row.addValue(column(entries, Boolean[]::new, e -> e.getValue().firing()));
    return c.preparedQuery(KEEP).execute(row).mapEmpty();
  }

  /** Begins an alert; false if it fires already. */
  static Future<Boolean> fire(SqlConnection c, String name, JsonObject detail) {
    return c.preparedQuery(FIRE)
        .execute(Tuple.of(Ids.next(dev.weir.core.Clock.system()), name, detail))
        .map(rows -> rows.rowCount() > 0);
  }

  static Future<Void> resolve(SqlConnection c, String name) {
    return c.preparedQuery(RESOLVE).execute(Tuple.of(name)).mapEmpty();
  }

  static Future<Void> seen(SqlConnection c, Span span) {
    return c.preparedQuery(SEEN).execute(Tuple.of(span.until())).mapEmpty();
  }

  static Future<Long> count(SqlConnection c) {
    return c.query(COUNT).execute().map(rows -> rows.iterator().next().getLong(0));
  }

  static Future<Void> forget(SqlConnection c) {
    return c.query(FORGET).execute().mapEmpty();
  }

  /** The week of each function, and of all together under the empty name. */
  static Future<Map<String, Season>> seasons(SqlConnection c) {
    return c.query(SEASONS)
        .execute()
        .map(
            rows -> {
              var sums = new HashMap<String, double[]>();
              for (var r : rows) {
                for (var name : List.of(r.getString("function_name"), "")) {
                  sums.computeIfAbsent(name, _ -> new double[Season.HOURS])[
                          r.getInteger("place")] +=
                      r.getDouble("usd");
                }
              }
              var seasons = new HashMap<String, Season>();
              sums.forEach((name, hours) -> seasons.put(name, Season.of(hours)));
              return seasons;
            });
  }

  private static Series series(Row r) {
    return new Series(r.getString("series_kind"), r.getString("series_id"));
  }

  private static Pulse pulse(Row r) {
    return new Pulse(
        r.getLong("minute"),
        r.getDouble("cost"),
        r.getDouble("exposure"),
        r.getDouble("minutes"),
        r.getDouble("spread"),
        r.getDouble("hours"),
        r.getDouble("bursts"),
        r.getDouble("hour_sum"),
        r.getDouble("last_burst"),
        r.getDouble("evidence"),
        r.getDouble("excess"));
  }

  private static <S, T> T[] column(
      Collection<S> rows, IntFunction<T[]> array, Function<S, T> value) {
    return rows.stream().map(value).toArray(array);
  }

  /** Named so that callers read {@code Optional} where a season may be absent. */
  static Season season(Map<String, Season> seasons, Series series) {
    return Optional.ofNullable(seasons.get(series.isUser() ? "" : series.id()))
        .orElse(Season.flat());
  }
}
