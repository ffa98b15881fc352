package dev.weir.analytics;

import dev.weir.analytics.Dimension.Kind;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tables that can answer, from the coarsest to the calls themselves. */
enum Source {
  MONTHS("usage_function_months", "month", Interval.MONTH),
  DAYS("usage_function_days", "day", Interval.DAY),
  HOURS("usage_hourly", "hour", Interval.HOUR),
  USERS("usage_daily", "day", Interval.DAY),
  TAGS("usage_tag_days", "day", Interval.DAY),
  CALLS("ai_usage_metrics", "started_at", Interval.NONE);

  private static final String HITS = "cache_status IN ('hit', 'semantic', 'stale', 'coalesced')";

  private final String table;
  private final String time;
  private final Interval grain;

  Source(String table, String time, Interval grain) {
    this.table = table;
    this.time = time;
    this.grain = grain;
  }

  String table() {
    return table;
  }

  /** The column that dates a row. */
  String time() {
    return time;
  }

  /** The span of one row; none for single calls. */
  Interval grain() {
    return grain;
  }

  /** Whether its time is a date, of a day or a month. */
  boolean dated() {
    return grain == Interval.DAY || grain == Interval.MONTH;
  }

  /** Whether it keeps sketches of latencies. */
  boolean sketched() {
    return this == MONTHS || this == DAYS || this == HOURS;
  }

  /** Where those that tell these dimensions apart stand: in the smallest table that does. */
  String sketches(Set<Dimension> dimensions) {
    return this == MONTHS
            && EnumSet.of(Kind.FUNCTION, Kind.PROVIDER, Kind.MODEL).containsAll(kinds(dimensions))
        ? "usage_latency_months"
        : table;
  }

  /** Whether it can tell these apart. */
  boolean knows(Set<Dimension> dimensions) {
    return switch (this) {
      case MONTHS, DAYS, HOURS ->
          kinds(dimensions).stream()
              .allMatch(
                  EnumSet.of(
                          Kind.FUNCTION,
                          Kind.VERSION,
                          Kind.EXPERIMENT,
                          Kind.VARIANT,
                          Kind.PROVIDER,
                          Kind.MODEL,
                          Kind.CACHE)
                      ::contains);
      case USERS ->
          kinds(dimensions).stream()
              .allMatch(
                  EnumSet.of(
                          Kind.USER, Kind.TEAM, Kind.KEY, Kind.FUNCTION, Kind.PROVIDER, Kind.MODEL)
                      ::contains);
      case TAGS ->
          kinds(dimensions).stream()
                  .allMatch(
                      EnumSet.of(Kind.TAG, Kind.FUNCTION, Kind.PROVIDER, Kind.MODEL)::contains)
              && dimensions.stream().filter(d -> d.kind() == Kind.TAG).count() == 1;
      case CALLS -> true;
    };
  }

  private static List<Kind> kinds(Set<Dimension> dimensions) {
    return dimensions.stream().map(Dimension::kind).toList();
  }

  /** The column, or for a tag of single calls the expression with its key as a parameter. */
  String column(Dimension dimension, String tagKey) {
    return switch (dimension.kind()) {
      case USER -> "user_id";
      case TEAM -> this == CALLS ? "coalesce(team_id, '')" : "team_id";
      case KEY -> this == CALLS ? "coalesce(key_id::text, '')" : "key_id";
      case FUNCTION -> "function_name";
      case VERSION -> "function_version";
      case EXPERIMENT -> this == CALLS ? "coalesce(experiment, '')" : "experiment";
      case VARIANT -> this == CALLS ? "coalesce(variant, '')" : "variant";
      case PROVIDER -> "provider";
      case MODEL -> "model";
      case CACHE -> "cache_status";
      case TAG -> this == CALLS ? "tags ->> " + tagKey : "tag_value";
    };
  }

  /** The sums of a line, by name. */
  Map<Sum, String> sums() {
    var sums = new EnumMap<Sum, String>(Sum.class);
    for (var sum : Sum.values()) {
      sums.put(sum, "coalesce(sum(" + sum.column() + "), 0)");
    }
    sums.put(Sum.SIMULATED_COST_USD, "coalesce(sum(cost_usd) FILTER (WHERE simulated), 0)");
    switch (this) {
      case MONTHS, DAYS, HOURS -> {
        sums.put(Sum.ERRORS, "coalesce(sum(errors + cancelled + interrupted), 0)");
        sums.put(Sum.CACHE_HITS, "coalesce(sum(calls) FILTER (WHERE " + HITS + "), 0)");
      }
      case USERS, TAGS -> {
        // As they stand.
      }
      case CALLS -> {
        sums.put(Sum.CALLS, "count(*)");
        sums.put(Sum.ERRORS, "count(*) FILTER (WHERE status <> 'ok')");
        sums.put(Sum.CACHE_HITS, "count(*) FILTER (WHERE " + HITS + ")");
        sums.put(Sum.SEARCHES, "coalesce(sum(search_count), 0)");
        sums.put(Sum.UNPRICED_CALLS, "count(*) FILTER (WHERE cost_usd IS NULL)");
      }
    }
    return sums;
  }

  /** What is summed up. */
  enum Sum {
    CALLS,
    ERRORS,
    CACHE_HITS,
    PROMPT_TOKENS,
    COMPLETION_TOKENS,
    PROMPT_TOKENS_CACHED,
    REASONING_TOKENS,
    SEARCHES,
    COST_USD,
    PROVIDER_COST_USD,
    SIMULATED_COST_USD,
    UNPRICED_CALLS;

    String column() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    boolean money() {
      return this == COST_USD || this == PROVIDER_COST_USD || this == SIMULATED_COST_USD;
    }
  }
}
