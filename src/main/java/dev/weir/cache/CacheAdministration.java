package dev.weir.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What administrators do with the cache: throw answers away, and see what it saves. Thread-safe.
 */
public final class CacheAdministration {
  private static final String INVALIDATE = "SELECT weir_cache_invalidate($1, $2) AS generation";
  private static final String SAVINGS =
      """
      SELECT function_name, sum(hits)::bigint AS hits, sum(semantic)::bigint AS semantic, sum(stale)::bigint AS stale,
        sum(coalesced)::bigint AS coalesced, sum(misses)::bigint AS misses, sum(refreshes)::bigint AS refreshes,
        sum(saved_usd) AS saved_usd, sum(spent_usd) AS spent_usd, sum(saved_ms)::bigint AS saved_ms,
        sum(spent_ms)::bigint AS spent_ms
      FROM cache_savings
      WHERE hour > now() - make_interval(hours => $1)
      GROUP BY function_name ORDER BY sum(saved_usd) DESC, function_name
      """;
  private static final String KEPT =
      """
      SELECT function_name, count(*) AS entries, sum(size_bytes)::bigint AS bytes,
        avg(extract(epoch FROM now() - created_at))::bigint AS mean_age_s,
        extract(epoch FROM now() - min(created_at))::bigint AS oldest_s, sum(hit_count)::bigint AS hit_count
      FROM response_cache WHERE expires_at > now()
        AND weir_cache_valid(cache_key, user_id, function_name, function_version, generation)
      GROUP BY function_name ORDER BY function_name
      """;

  /** The server ends a long count: one that went on would keep its connection from the next. */
  private static final String BRIEFLY = "SELECT set_config('statement_timeout', $1, true)";

  /** Longer a count keeps nobody waiting who throws answers away. */
  private static final Duration COUNTING = Duration.ofSeconds(1);

  private final Database database;
  private final FirstLevel first;
  private final Generations generations;
  private final Errands errands;

  CacheAdministration(
      Database database, FirstLevel first, Generations generations, Errands errands) {
    this.database = database;
    this.first = first;
    this.generations = generations;
    this.errands = errands;
  }

  /**
   * Fills the cache with one answer, unless it is kept already: {@code {"function", "input",
   * "user", "max_usd"}}; a function whose cache is shared needs no user, and what bounds the price
   * may be left out.
   *
   * @return how the cache took part and what it cost; fails as the call does, with {@code
   *     BUDGET_EXCEEDED} if it could cost more
   */
  public Future<JsonNode> warm(JsonNode body) {
    return errands.warm(body);
  }

  /** How similar two inputs of a function are: {@code {"function", "a", "b"}}. */
  public Future<JsonNode> compare(JsonNode body) {
    return errands.compare(body);
  }

  /**
   * Throws answers away, on this node at once, on every other within a second: {@code {"key":
   * "..."}}, {@code {"function": "...", "version": "..."}}, {@code {"function": "..."}}, {@code
   * {"user": "..."}} or {@code {"all": true}}.
   *
   * @return the subject, its new generation and how many kept answers it hit, counted up to 10,000
   *     and left out where counting takes longer than a second; that is 0 for a name that nobody
   *     has, be it gone or never there. Fails with {@code INVALID_REQUEST} if it names none or
   *     several
   */
  public Future<JsonNode> invalidate(JsonNode body) {
    var subject = subject(body);
    var of = Tuple.of(subject.getKey().label(), subject.getValue());
    return answers(subject.getKey(), subject.getValue())
        .compose(
            answers ->
                database
                    .admin(c -> c.preparedQuery(INVALIDATE).execute(of))
                    .map(rows -> rows.iterator().next().getLong("generation"))
                    .map(
                        generation -> {
                          heard(subject, generation);
                          var done =
                              Json.object()
                                  .put("invalidated", subject.getKey().label())
                                  .put("id", subject.getValue())
                                  .put("generation", generation);
                          answers.ifPresent(count -> done.put("answers", count));
                          return done;
                        }));
  }

  /** The database tells this node as it does the others: perhaps later than whoever asked. */
  private void heard(Map.Entry<Subjects.Kind, String> subject, long generation) {
    if (!generations.moved(subject.getKey().label(), subject.getValue(), generation)) {
      first.clear();
    }
  }

  /** How many it is about to hit; what fails here, or takes long, keeps none of them. */
  private Future<Optional<Long>> answers(Subjects.Kind kind, String id) {
    return database
        .admin(
            c ->
                c.preparedQuery(BRIEFLY)
                    .execute(Tuple.of(COUNTING.toMillis() + "ms"))
                    .compose(_ -> c.preparedQuery(hit(kind)).execute(Tuple.of(id))))
        .map(rows -> Optional.of(rows.iterator().next().getLong("answers")))
        .timeout(COUNTING.toMillis(), TimeUnit.MILLISECONDS)
        .otherwise(Optional.empty());
  }

  /** Counting ends somewhere: it is not worth a long wait. */
  private static String hit(Subjects.Kind kind) {
    // One condition for each, so that each finds its index.
    var condition =
        switch (kind) {
          case ALL -> "$1 = '*'";
          case FUNCTION -> "function_name = $1";
          case VERSION ->
              "(function_name, function_version) = (split_part($1, ':', 1), split_part($1, ':',"
                  + " 2))";
          case USER -> "user_id = $1";
          case KEY -> "cache_key = $1";
        };
    return """
    SELECT count(*) AS answers FROM (
      SELECT FROM response_cache
      WHERE keep_until > now()
        AND weir_cache_valid(cache_key, user_id, function_name, function_version, generation)
        AND %s
      LIMIT 10000) AS hit
    """
        .formatted(condition);
  }

  private static Map.Entry<Subjects.Kind, String> subject(JsonNode body) {
    var named = new ArrayList<Map.Entry<Subjects.Kind, String>>();
    for (var field : body.properties()) {
      switch (field.getKey()) {
        case "key" -> named.add(Map.entry(Subjects.Kind.KEY, key(field.getValue())));
        case "user" ->
            named.add(Map.entry(Subjects.Kind.USER, Errands.text("user", field.getValue())));
        case "all" -> {
          if (!field.getValue().isBoolean() || !field.getValue().booleanValue()) {
            throw AIError.invalid("'all' must be true.");
          }
          named.add(Map.entry(Subjects.Kind.ALL, Subjects.EVERYTHING));
        }
        case "function" -> named.add(function(body, field.getValue()));
        case "version" -> {
          if (!body.has("function")) {
            throw AIError.invalid("'version' needs the 'function' whose version it is.");
          }
        }
        default ->
            throw AIError.invalid(
                "Name one of key, function (with a version, if you like), user, or all.");
      }
    }
    if (named.size() != 1) {
      throw AIError.invalid(
          "Name exactly one of key, function (with a version, if you like), user, or all.");
    }
    return named.getFirst();
  }

  private static Map.Entry<Subjects.Kind, String> function(JsonNode body, JsonNode name) {
    var function = Errands.text("function", name);
    return body.has("version")
        ? Map.entry(
            Subjects.Kind.VERSION,
            Subjects.versionId(function, Errands.text("version", body.path("version"))))
        : Map.entry(Subjects.Kind.FUNCTION, function);
  }

  private static String key(JsonNode value) {
    return CacheKey.parse(value.asText(""))
        .orElseThrow(() -> AIError.invalid("'key' must be 64 hexadecimal digits."))
        .hex();
  }

  /**
   * What was served, saved and spent in so many hours, by function and in all, and what is kept.
   */
  public Future<JsonNode> statistics(int hours) {
    return database.admin(
        c ->
            c.preparedQuery(SAVINGS)
                .execute(Tuple.of(hours))
                .compose(
                    savings ->
                        c.query(KEPT)
                            .execute()
                            .map(
                                kept -> {
                                  var lines = new ArrayList<Row>();
                                  savings.forEach(lines::add);
                                  var held = new ArrayList<Row>();
                                  kept.forEach(held::add);
                                  return report(hours, lines, held);
                                })));
  }

  private JsonNode report(int hours, List<Row> savings, List<Row> kept) {
    var report = Json.object().put("hours", hours);
    var all = new Figures();
    var functions = report.putArray("functions");
    for (var row : savings) {
      var figures = new Figures();
      figures.add(row);
      all.add(row);
      var node = functions.addObject().put("function", row.getString("function_name"));
      figures.write(node);
    }
    all.write(report.putObject("total"));
    var entries = report.putArray("kept");
    for (var row : kept) {
      entries
          .addObject()
          .put("function", row.getString("function_name"))
          .put("entries", row.getLong("entries"))
          .put("bytes", row.getLong("bytes"))
          .put("mean_age_s", row.getLong("mean_age_s"))
          .put("oldest_s", row.getLong("oldest_s"))
          .put("hit_count", row.getLong("hit_count"));
    }
    report.putObject("memory").put("entries", first.entries()).put("bytes", first.bytes());
    return report;
  }

  /** The figures of a function, or of all. */
  private static final class Figures {
    private static final List<String> SERVED = List.of("hits", "semantic", "stale", "coalesced");
    private static final List<String> ASKED = List.of("misses", "refreshes");

    private final java.util.TreeMap<String, Long> counts = new java.util.TreeMap<>();
    private BigDecimal saved = BigDecimal.ZERO;
    private BigDecimal spent = BigDecimal.ZERO;

    void add(Row row) {
      for (var name :
          List.of(
              "hits",
              "semantic",
              "stale",
              "coalesced",
              "misses",
              "refreshes",
              "saved_ms",
              "spent_ms")) {
        counts.merge(name, row.getLong(name), Long::sum);
      }
      saved = saved.add(row.getBigDecimal("saved_usd"));
      spent = spent.add(row.getBigDecimal("spent_usd"));
    }

    private long sum(List<String> names) {
      return names.stream().mapToLong(name -> counts.getOrDefault(name, 0L)).sum();
    }

    void write(ObjectNode node) {
      counts.forEach(node::put);
      var served = sum(SERVED);
      var calls = served + sum(ASKED);
      node.put("calls", calls).put("hit_rate", calls == 0 ? 0 : (double) served / calls);
      node.put("saved_usd", saved).put("spent_usd", spent);
      var uncached = saved.add(spent);
      node.put(
          "saved_share",
          uncached.signum() == 0
              ? BigDecimal.ZERO
              : saved.divide(uncached, 4, java.math.RoundingMode.HALF_UP));
    }
  }
}
