package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The table {@code evaluation_items}: what was scored. In transactions of others. */
final class EvaluationItems {
  private static final String INSERT =
      """
      INSERT INTO evaluation_items (evaluation_name, position, user_id, unit, unit_items, source_id, baseline_outcome,
        candidate_outcome, same, scores, baseline_ms, candidate_ms, baseline_cost_usd, candidate_cost_usd)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11, $12, $13, $14) ON CONFLICT DO NOTHING
      """;

  private static final String ITEMS =
      """
      SELECT position, unit, unit_items, user_id, source_id, baseline_outcome, candidate_outcome, same,
        scores::text AS scores, baseline_ms, candidate_ms, baseline_cost_usd, candidate_cost_usd
      FROM evaluation_items WHERE evaluation_name = $1 ORDER BY position
      """;

  private EvaluationItems() {}

  /** Writes scored items, which are no longer to be asked then. */
  static Future<?> add(SqlConnection c, String name, List<Scored> items) {
    return items.isEmpty()
        ? Future.succeededFuture()
        : c.preparedQuery(INSERT)
            .executeBatch(items.stream().map(item -> row(name, item)).toList())
            .compose(
                _ -> EvaluationWork.done(c, name, items.stream().map(Scored::position).toList()));
  }

  private static Tuple row(String name, Scored s) {
    return Tuple.tuple()
        .addString(name)
        .addInteger(s.position())
        .addString(s.user())
        .addInteger(s.unit())
        .addInteger(s.unitItems())
        .addUUID(s.source().orElse(null))
        .addString(s.baseline().word())
        .addString(s.candidate().word())
        .addBoolean(s.same().orElse(null))
        .addString(scores(s).toString())
        .addLong(s.baseline().took().map(Duration::toMillis).orElse(null))
        .addLong(s.candidate().took().map(Duration::toMillis).orElse(null))
        .addBigDecimal(s.baseline().cost().map(Usd::dollars).orElse(null))
        .addBigDecimal(s.candidate().cost().map(Usd::dollars).orElse(null));
  }

  private static ObjectNode scores(Scored s) {
    var json = Json.object();
    s.scores()
        .forEach(
            (scorer, pair) ->
                pair.ifPresentOrElse(
                    p ->
                        json.putArray(scorer)
                            .add(p.baseline().orElse(null))
                            .add(p.candidate().orElse(null)),
                    () -> json.putNull(scorer)));
    return json;
  }

  /** All that were scored, in their order. */
  static Future<List<Scored>> of(SqlConnection c, String name) {
    return c.preparedQuery(ITEMS)
        .execute(Tuple.of(name))
        .map(
            rows -> {
              var all = new ArrayList<Scored>(rows.size());
              rows.forEach(row -> all.add(scored(row)));
              return all;
            });
  }

  private static Scored scored(Row row) {
    return new Scored(
        row.getInteger("position"),
        row.getInteger("unit"),
        row.getInteger("unit_items"),
        row.getString("user_id"),
        Optional.ofNullable(row.getUUID("source_id")),
        side(row, "baseline"),
        side(row, "candidate"),
        Optional.ofNullable(row.getBoolean("same")),
        pairs(Json.parse(row.getString("scores"))));
  }

  private static Scored.Side side(Row row, String which) {
    return new Scored.Side(
        row.getString(which + "_outcome"),
        Optional.<Long>ofNullable(row.getLong(which + "_ms")).map(Duration::ofMillis),
        Optional.<BigDecimal>ofNullable(row.getBigDecimal(which + "_cost_usd")).map(Usd::of));
  }

  private static Map<String, Optional<Scored.Pair>> pairs(JsonNode json) {
    var pairs = new LinkedHashMap<String, Optional<Scored.Pair>>();
    json.properties()
        .forEach(
            entry ->
                pairs.put(
                    entry.getKey(),
                    entry.getValue().isArray()
                        ? Optional.of(
                            new Scored.Pair(
                                score(entry.getValue().path(0)), score(entry.getValue().path(1))))
                        : Optional.empty()));
    return pairs;
  }

  private static Optional<Double> score(JsonNode json) {
    return json.isNumber() ? Optional.of(json.doubleValue()) : Optional.empty();
  }
}
