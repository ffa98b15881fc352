package dev.weir.analytics;

import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A question as one statement. Only names from this room stand in its text; whatever a caller wrote
 * is a parameter.
 */
final class UsageSql {
  private final UsageQuery query;
  private final Source source;
  private final Tuple parameters = Tuple.tuple();
  private final List<String> keys = new ArrayList<>();
  private final String text;

  UsageSql(UsageQuery query, Source source) {
    this.query = query;
    this.source = source;
    this.text = statement();
  }

  String text() {
    return text;
  }

  Tuple parameters() {
    return parameters;
  }

  private String statement() {
    var columns = new ArrayList<String>();
    if (query.interval() != Interval.NONE) {
      columns.add(period() + " AS period");
      keys.add("period");
    }
    for (var i = 0; i < query.groupBy().size(); i++) {
      columns.add(column(query.groupBy().get(i)) + " AS g" + i);
      keys.add("g" + i);
    }
    var rows = "FROM " + source.table() + " WHERE " + conditions();
    var by = columns.isEmpty() ? "" : " GROUP BY " + numbers(columns.size());
    var heads = columns.stream().map(c -> c + ", ").collect(Collectors.joining());
    var latency = query.percentiles() && source.sketched();
    var text =
        "WITH counted AS (SELECT "
            + heads
            + sums()
            + " "
            + rows
            + by
            + ")"
            + (latency ? sketches(heads) : "")
            + " SELECT counted.*"
            + (latency ? ", p50, p95, p99" : "")
            + " FROM counted"
            + (latency ? join() : "")
            + " ORDER BY "
            + (query.interval() == Interval.NONE ? "" : "period, ")
            + query.order().expression()
            + " DESC"
            + keys.stream().map(k -> ", " + k).collect(Collectors.joining())
            + " LIMIT "
            + parameter(query.limit() + 1L)
            + " OFFSET "
            + parameter((long) query.offset());
    return text;
  }

  private String sums() {
    var sums =
        source.sums().entrySet().stream()
            .map(
                s ->
                    s.getValue()
                        + (s.getKey().money() ? "::numeric" : "::bigint")
                        + " AS "
                        + s.getKey().column())
            .collect(Collectors.joining(", "));
    return query.percentiles() && source == Source.CALLS
        ? sums + ", " + pointOfCalls(0.5, "p50") + pointOfCalls(0.95, "p95") + lastPointOfCalls()
        : sums;
  }

  private static String lastPointOfCalls() {
    var point = pointOfCalls(0.99, "p99");
    return point.substring(0, point.length() - 2);
  }

  private static String pointOfCalls(double q, String name) {
    return "(percentile_disc("
        + q
        + ") WITHIN GROUP (ORDER BY execution_time_ms) FILTER (WHERE status IN ('ok', 'error')))"
        + "::float8 AS "
        + name
        + ", ";
  }

  /**
   * Buckets summed up per line, then the first bucket up to which lies the share wanted. Lines are
   * numbered first: of hundreds of thousands of buckets each is then found by two integers, which
   * takes little more than half the time that the groups' own texts do. Counts are added up as
   * doubles, which are exact far beyond any number of calls and cheaper than numerics.
   */
  private String sketches(String heads) {
    var rows = "FROM " + source.sketches(query.dimensions()) + " WHERE " + conditions();
    var line = keys.isEmpty() ? "0" : "dense_rank() OVER (ORDER BY " + names() + ")::int";
    return ", numbered AS MATERIALIZED (SELECT *, "
        + line
        + " AS line FROM (SELECT "
        + heads
        + "latency_index, latency_count "
        + rows
        + ") AS read), buckets AS (SELECT line, i, sum(c) AS c FROM (SELECT line,"
        + " unnest(latency_index) AS i, unnest(latency_count)::float8 AS c FROM numbered) AS bucket"
        + " GROUP BY 1, 2 HAVING sum(c) > 0), ranked AS (SELECT line, i, sum(c) OVER"
        + " (PARTITION BY line ORDER BY i) AS up, sum(c) OVER (PARTITION BY line) AS total FROM"
        + " buckets), points AS (SELECT line, "
        + point(0.5, "p50")
        + ", "
        + point(0.95, "p95")
        + ", "
        + point(0.99, "p99")
        + " FROM ranked GROUP BY line)";
  }

  private String names() {
    return String.join(", ", keys);
  }

  private static String point(double q, String name) {
    // What a bucket stands for, with the gamma of V008: a relative error of 1 %.
    return "2 * power(1.01 / 0.99::float8, min(i) FILTER (WHERE up > "
        + q
        + "::float8 * (total - 1))) / (1.01 / 0.99::float8 + 1) AS "
        + name;
  }

  private String join() {
    return keys.isEmpty()
        ? " LEFT JOIN points ON true"
        : " LEFT JOIN (SELECT DISTINCT "
            + names()
            + ", line FROM numbered) AS names USING ("
            + names()
            + ") LEFT JOIN points USING (line)";
  }

  private String period() {
    if (!source.dated()) {
      return "date_trunc('" + query.interval().label() + "', " + source.time() + ", 'UTC')";
    }
    var day = "(" + source.time() + "::timestamp AT TIME ZONE 'UTC')";
    return query.interval() == source.grain()
        ? day
        : "date_trunc('" + query.interval().label() + "', " + day + ", 'UTC')";
  }

  private String conditions() {
    var all = new ArrayList<String>();
    all.add(source.time() + " >= " + moment(query.from()));
    all.add(source.time() + " < " + end());
    query
        .filters()
        .forEach((dimension, value) -> all.add(column(dimension) + " = " + parameter(value)));
    query.dimensions().stream()
        .filter(d -> d.kind() == Dimension.Kind.TAG)
        .forEach(
            d ->
                all.add(
                    source == Source.CALLS
                        ? "tags ? " + parameter(d.tag())
                        : "tag_key = " + parameter(d.tag())));
    return String.join(" AND ", all);
  }

  private String column(Dimension dimension) {
    return source == Source.CALLS && dimension.kind() == Dimension.Kind.TAG
        ? source.column(dimension, parameter(dimension.tag()))
        : source.column(dimension, "");
  }

  private String moment(Instant moment) {
    return source.dated() ? parameter(day(moment)) : parameter(moment.atOffset(ZoneOffset.UTC));
  }

  /** An end within a day (which then lies beyond now) includes that day. */
  private String end() {
    var day = day(query.to());
    var whole = day.atStartOfDay(ZoneOffset.UTC).toInstant().equals(query.to());
    return source.dated() && !whole ? parameter(day.plusDays(1)) : moment(query.to());
  }

  private static LocalDate day(Instant moment) {
    return moment.atOffset(ZoneOffset.UTC).toLocalDate();
  }

  private String parameter(Object value) {
    parameters.addValue(value);
    var number = "$" + parameters.size();
    return switch (value) {
      case String _ -> number + "::text";
      case Long _ -> number + "::bigint";
      case LocalDate _ -> number + "::date";
      default -> number + "::timestamptz";
    };
  }

  private static String numbers(int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(", "));
  }
}
