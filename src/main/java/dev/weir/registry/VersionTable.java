package dev.weir.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.FunctionText;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code prompt_versions}: what comes in stays as it is. */
final class VersionTable {
  private static final String INSERT =
      """
      INSERT INTO prompt_versions (function_name, function_version, content_hash, definition, source, origin, author, note,
        parent_version)
      VALUES ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8, $9)
      ON CONFLICT DO NOTHING
      """;
  private static final String FIND =
      """
      SELECT function_name, function_version, source, definition::text AS definition, origin, author, note, parent_version,
        first_seen_at
      FROM prompt_versions WHERE function_name = $1 AND function_version = $2
      """;
  private static final String NEWEST =
      """
      SELECT function_name, function_version, source, definition::text AS definition, origin, author, note, parent_version,
        first_seen_at
      FROM prompt_versions WHERE function_name = $1 ORDER BY first_seen_at DESC, function_version LIMIT $2
      """;
  private static final String UNKNOWN =
      """
      SELECT f.name, f.version FROM unnest($1::text[], $2::text[]) AS f (name, version)
      WHERE NOT EXISTS (
        SELECT FROM prompt_versions AS v WHERE v.function_name = f.name AND v.function_version = f.version)
      """;
  private static final String SOURCES =
      """
      SELECT v.function_name, v.function_version, coalesce(v.source, v.definition::text) AS source
      FROM prompt_versions AS v JOIN unnest($1::text[], $2::text[]) AS w (name, version)
        ON w.name = v.function_name AND w.version = v.function_version
      """;
  private static final String PERFORMANCE =
      """
      WITH days AS (
        SELECT *, cache_status NOT IN ('hit', 'semantic', 'stale', 'coalesced') AS asked
        FROM usage_function_days
        WHERE function_name = $1 AND day >= (now() AT TIME ZONE 'UTC')::date - $2::integer
      ), buckets AS (
        SELECT d.function_version, b.i, sum(b.c)::bigint AS c
        FROM days AS d CROSS JOIN LATERAL unnest(d.latency_index, d.latency_count) AS b (i, c)
        WHERE d.asked GROUP BY 1, 2
      ), models AS (
        SELECT function_version, jsonb_object_agg(model, answers)::text AS answers
        FROM (
          SELECT function_version, model, sum(calls - errors - cancelled - interrupted)::bigint AS answers
          FROM days WHERE asked GROUP BY 1, 2
        ) AS m
        WHERE answers > 0 GROUP BY 1
      ), fallbacks AS (
        SELECT function_version, sum(fallbacks)::bigint AS marked,
          (jsonb_object_agg(model, unmarked) FILTER (WHERE unmarked <> 0))::text AS unmarked
        FROM (
          SELECT function_version, model, sum(fallbacks) AS fallbacks, sum(unmarked)::bigint AS unmarked
          FROM usage_fallback_days
          WHERE function_name = $1 AND day >= (now() AT TIME ZONE 'UTC')::date - $2::integer
          GROUP BY 1, 2
        ) AS f
        GROUP BY 1
      ), sketches AS (
        SELECT function_version, array_agg(i ORDER BY i) AS index, array_agg(c ORDER BY i) AS count FROM buckets GROUP BY 1
      )
      SELECT
        d.function_version,
        sum(d.calls)::bigint AS calls,
        coalesce(sum(d.calls) FILTER (WHERE d.asked), 0)::bigint AS asked,
        (sum(d.calls - d.errors - d.cancelled - d.interrupted) FILTER (WHERE d.asked)
          / nullif(sum(d.calls - d.cancelled - d.interrupted) FILTER (WHERE d.asked), 0))::double precision AS success_rate,
        (sum(d.prompt_tokens + d.completion_tokens) FILTER (WHERE d.asked)
          / nullif(sum(d.calls) FILTER (WHERE d.asked), 0))::double precision AS avg_tokens,
        (sum(d.latency_ms_sum) FILTER (WHERE d.asked)
          / nullif(sum(d.calls - d.cancelled - d.interrupted) FILTER (WHERE d.asked), 0))::double precision AS avg_latency_ms,
        weir_sketch_quantile(max(s.index), max(s.count), 0.95) AS p95_ms,
        coalesce(max(m.answers), '{}') AS answers_by_model,
        coalesce(max(f.marked), 0) AS fallback_answers,
        coalesce(max(f.unmarked), '{}') AS unmarked,
        sum(d.cost_usd)::text AS cost_usd,
        (sum(d.cost_usd) / nullif(sum(d.calls - d.errors - d.cancelled - d.interrupted) FILTER (WHERE d.asked), 0))::text
          AS cost_per_success_usd
      FROM days AS d LEFT JOIN sketches AS s USING (function_version) LEFT JOIN models AS m USING (function_version)
        LEFT JOIN fallbacks AS f USING (function_version)
      GROUP BY d.function_version
      """;

  /** A version's text. */
  record Text(VersionKey key, String source) {}

  private final Database database;

  VersionTable(Database database) {
    this.database = database;
  }

  /** Keeps a version; false if it was there already. */
  static Future<Boolean> insert(
      SqlConnection c, FunctionText.Reading.Good read, String origin, NewVersion wish) {
    var function = read.function();
    return c.preparedQuery(INSERT)
        .execute(
            Tuple.tuple()
                .addString(function.name())
                .addString(function.version())
                .addBuffer(Buffer.buffer(hash(read.source())))
                .addString(read.tree().toString())
                .addString(read.source())
                .addString(origin)
                .addString(wish.author())
                .addString(wish.note())
                .addString(wish.parent().orElse(null)))
        .map(rows -> rows.rowCount() == 1);
  }

  Future<Optional<PromptVersion>> find(String function, String version) {
    return database
        .admin(c -> c.preparedQuery(FIND).execute(Tuple.of(function, version)))
        .map(
            rows ->
                rows.size() == 0
                    ? Optional.empty()
                    : Optional.of(ordered(of(rows.iterator().next()))));
  }

  Future<List<PromptVersion>> newest(String function, int limit) {
    return database
        .admin(c -> c.preparedQuery(NEWEST).execute(Tuple.of(function, limit)))
        .map(
            rows -> {
              var all = new ArrayList<PromptVersion>();
              rows.forEach(row -> all.add(of(row)));
              return all;
            });
  }

  /** Which of these functions' versions the registry does not have. */
  Future<List<String>> unknown(List<FunctionDefinition> functions) {
    return database
        .jobs(
            c ->
                c.preparedQuery(UNKNOWN)
                    .execute(
                        Tuple.tuple()
                            .addValue(
                                functions.stream()
                                    .map(FunctionDefinition::name)
                                    .toArray(String[]::new))
                            .addValue(
                                functions.stream()
                                    .map(FunctionDefinition::version)
                                    .toArray(String[]::new))))
        .map(
            rows -> {
              var names = new ArrayList<String>();
              rows.forEach(row -> names.add(row.getString("name")));
              return names;
            });
  }

  /** The texts of these versions. */
  Future<List<Text>> sources(List<VersionKey> wanted) {
    return wanted.isEmpty()
        ? Future.succeededFuture(List.of())
        : database
            .jobs(
                c ->
                    c.preparedQuery(SOURCES)
                        .execute(
                            Tuple.tuple()
                                .addValue(
                                    wanted.stream()
                                        .map(VersionKey::function)
                                        .toArray(String[]::new))
                                .addValue(
                                    wanted.stream()
                                        .map(VersionKey::version)
                                        .toArray(String[]::new))))
            .map(
                rows -> {
                  var all = new ArrayList<Text>();
                  rows.forEach(
                      row ->
                          all.add(
                              new Text(
                                  new VersionKey(
                                      row.getString("function_name"),
                                      row.getString("function_version")),
                                  row.getString("source"))));
                  return all;
                });
  }

  /** What calls of each version were like, over so many days. */
  Future<JsonNode> performance(String function, int days) {
    return database
        .admin(c -> c.preparedQuery(PERFORMANCE).execute(Tuple.of(function, days)))
        .map(
            rows -> {
              var all = Json.object();
              rows.forEach(row -> all.set(row.getString("function_version"), figures(row)));
              return all;
            });
  }

  private static JsonNode figures(Row row) {
    return Json.object()
        .put("calls", row.getLong("calls"))
        .put("asked", row.getLong("asked"))
        .put("success_rate", row.getDouble("success_rate"))
        .put("avg_tokens", row.getDouble("avg_tokens"))
        .put("avg_latency_ms", row.getDouble("avg_latency_ms"))
        .put("p95_ms", row.getDouble("p95_ms"))
        .put("cost_usd", row.getString("cost_usd"))
        .put("cost_per_success_usd", row.getString("cost_per_success_usd"))
        .put("fallback_answers", row.getLong("fallback_answers"))
        .<ObjectNode>set("answers_by_model", Json.parse(row.getString("answers_by_model")))
        .set("unmarked_answers_by_model", Json.parse(row.getString("unmarked")));
  }

  private static PromptVersion of(Row row) {
    var definition = row.getString("definition");
    return new PromptVersion(
        row.getString("function_name"),
        row.getString("function_version"),
        Optional.ofNullable(row.getString("source")).orElse(definition),
        Json.parse(definition),
        row.getString("origin"),
        row.getString("author"),
        row.getString("note"),
        Optional.ofNullable(row.getString("parent_version")),
        row.getOffsetDateTime("first_seen_at").toInstant());
  }

  /**
   * With the definition as it was written: {@code jsonb} sorts fields, and their order in a schema
   * guides the model, so what is made from this version must not lose it.
   */
  private static PromptVersion ordered(PromptVersion version) {
    return new PromptVersion(
        version.function(),
        version.version(),
        version.source(),
        FunctionText.tree(version.source()),
        version.origin(),
        version.author(),
        version.note(),
        version.parent(),
        version.firstSeenAt());
  }

  private static byte[] hash(String source) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(source.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
