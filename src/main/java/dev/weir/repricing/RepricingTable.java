package dev.weir.repricing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.repricing.Repricing.Sums;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.StreamSupport;

/** The SQL of re-pricing; each method works in the transaction of its connection. */
final class RepricingTable {
  private static final UUID BEFORE_ALL = new UUID(0, 0);

  private static final String COLUMNS =
      """
      id, asked_by, span_from, span_to, model, dry_run, price_table, began_at, moved_at, ended_at, rows_expected,
      rows_read, rows_changed, rows_unpriced, rows_kept, old_usd::text AS old_usd, new_usd::text AS new_usd,
      models::text AS models, at_id
      """;

  private static final String UNFINISHED =
      "SELECT "
          + COLUMNS
          + """
          FROM usage_repricings
          WHERE ended_at IS NULL AND span_from = $1 AND span_to = $2 AND model IS NOT DISTINCT FROM $3 AND dry_run = $4
            AND price_table = $5
          ORDER BY began_at DESC
          LIMIT 1
          """;

  /** Whole months are read, because a partition is read by its key: see {@link #PAGE}. */
  private static final String BEGIN =
      """
      INSERT INTO usage_repricings (id, asked_by, span_from, span_to, model, dry_run, price_table, rows_expected)
      SELECT $1, $2, $3, $4, $5, $6, $7, (
        SELECT coalesce(sum(calls), 0)
        FROM usage_daily
        WHERE day >= date_trunc('month', $3::timestamptz, 'UTC') AT TIME ZONE 'UTC'
          AND day < (date_trunc('month', $4::timestamptz - interval '1 microsecond', 'UTC') + interval '1 month')
            AT TIME ZONE 'UTC')
      RETURNING
      """
          + COLUMNS;

  private static final String ONE = "SELECT " + COLUMNS + "FROM usage_repricings WHERE id = $1";

  private static final String NEWEST =
      "SELECT " + COLUMNS + "FROM usage_repricings ORDER BY began_at DESC LIMIT $1";

  /**
   * The next rows by key, whichever of the months' they are: each statement reads as many rows as
   * it returns, however few of them lie in the span.
   */
  private static final String PAGE =
      """
      SELECT
        id, started_at, model, prompt_tokens, completion_tokens, prompt_tokens_cached, prompt_tokens_cache_written,
        reasoning_tokens, search_count, estimated, cost_usd::text AS cost_usd, attempts::text AS attempts
      FROM ai_usage_metrics
      WHERE started_at >= date_trunc('month', $1::timestamptz, 'UTC')
        AND started_at < date_trunc('month', $2::timestamptz - interval '1 microsecond', 'UTC') + interval '1 month'
        AND id > $3
      ORDER BY id
      LIMIT $4
      """;

  private static final String LOCKED =
      """
      SELECT
        id, started_at, model, prompt_tokens, completion_tokens, prompt_tokens_cached, prompt_tokens_cache_written,
        reasoning_tokens, search_count, estimated, cost_usd::text AS cost_usd, attempts::text AS attempts
      FROM ai_usage_metrics
      WHERE started_at >= $1 AND started_at < $2 AND id = ANY($3)
      ORDER BY id
      FOR UPDATE
      """;

  private static final String CHANGE =
      """
      UPDATE ai_usage_metrics AS u
      SET cost_usd = nullif(change.cost_usd, '')::numeric, attempts = change.attempts::jsonb
      FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[])
        AS change (id, started_at, cost_usd, attempts)
      WHERE u.id = change.id AND u.started_at = change.started_at
      """;

  private static final String MOVE =
      """
      UPDATE usage_repricings
      SET
        moved_at = clock_timestamp(),
        ended_at = CASE WHEN $2 THEN clock_timestamp() END,
        at_id = $3,
        at_started_at = $4,
        rows_read = rows_read + $5,
        rows_changed = rows_changed + $6,
        rows_unpriced = rows_unpriced + $7,
        rows_kept = rows_kept + $8,
        old_usd = old_usd + $9::text::numeric,
        new_usd = new_usd + $10::text::numeric,
        models = $11::text::jsonb
      WHERE id = $1
      RETURNING
      """
          + COLUMNS;

  private RepricingTable() {}

  /** A re-pricing and where it goes on. */
  record Place(Repricing repricing, UUID after) {}

  static Future<Optional<Repricing>> unfinished(SqlConnection c, Order order, String prices) {
    return c.preparedQuery(UNFINISHED)
        .execute(
            Tuple.of(
                at(order.from()),
                at(order.to()),
                order.model().orElse(null),
                order.dryRun(),
                prices))
        .map(rows -> stream(rows).findFirst().map(row -> place(row).repricing()));
  }

  static Future<Repricing> begin(SqlConnection c, UUID id, UUID by, Order order, String prices) {
    return c.preparedQuery(BEGIN)
        .execute(
            Tuple.of(
                id,
                by,
                at(order.from()),
                at(order.to()),
                order.model().orElse(null),
                order.dryRun(),
                prices))
        .map(rows -> place(rows.iterator().next()).repricing());
  }

  static Future<Optional<Place>> one(SqlConnection c, UUID id, boolean locked) {
    return c.preparedQuery(locked ? ONE + " FOR UPDATE" : ONE)
        .execute(Tuple.of(id))
        .map(rows -> stream(rows).findFirst().map(RepricingTable::place));
  }

  static Future<List<Repricing>> newest(SqlConnection c, int most) {
    return c.preparedQuery(NEWEST)
        .execute(Tuple.of(most))
        .map(rows -> stream(rows).map(row -> place(row).repricing()).toList());
  }

  static Future<List<Bill>> page(SqlConnection c, Order order, UUID after, int most) {
    return c.preparedQuery(PAGE)
        .execute(Tuple.of(at(order.from()), at(order.to()), after, most))
        .map(rows -> stream(rows).map(RepricingTable::bill).toList());
  }

  static Future<List<Bill>> locked(SqlConnection c, Order order, List<UUID> ids) {
    return c.preparedQuery(LOCKED)
        .execute(Tuple.of(at(order.from()), at(order.to()), ids.toArray(UUID[]::new)))
        .map(rows -> stream(rows).map(RepricingTable::bill).toList());
  }

  static Future<Void> change(SqlConnection c, List<Batch.Change> changes) {
    if (changes.isEmpty()) {
      return Future.succeededFuture();
    }
    return c.preparedQuery(CHANGE)
        .execute(
            Tuple.of(
                changes.stream().map(change -> change.bill().id()).toArray(UUID[]::new),
                changes.stream()
                    .map(change -> at(change.bill().startedAt()))
                    .toArray(OffsetDateTime[]::new),
                // Empty text is SQL's null.
                changes.stream()
                    .map(change -> change.to().cost().map(Usd::toString).orElse(""))
                    .toArray(String[]::new),
                changes.stream()
                    .map(change -> change.to().lines().toString())
                    .toArray(String[]::new)))
        .mapEmpty();
  }

  static Future<Repricing> move(SqlConnection c, Place from, Batch done) {
    var models = new LinkedHashMap<>(from.repricing().models());
    done.models().forEach((model, sums) -> models.merge(model, sums, Sums::plus));
    var sums = done.sums();
    return c.preparedQuery(MOVE)
        .execute(
            Tuple.from(
                List.of(
                    from.repricing().id(),
                    done.last(),
                    done.lastId().orElse(from.after()),
                    at(done.lastStartedAt()),
                    done.read(),
                    sums.changed(),
                    sums.unpriced(),
                    done.kept(),
                    sums.oldCost().toString(),
                    sums.newCost().toString(),
                    json(models).toString())))
        .map(rows -> place(rows.iterator().next()).repricing());
  }

  private static Place place(Row row) {
    var repricing =
        new Repricing(
            row.getUUID("id"),
            row.getUUID("asked_by"),
            new Order(
                row.getOffsetDateTime("span_from").toInstant(),
                row.getOffsetDateTime("span_to").toInstant(),
                Optional.ofNullable(row.getString("model")),
                row.getBoolean("dry_run")),
            row.getString("price_table"),
            row.getOffsetDateTime("began_at").toInstant(),
            row.getOffsetDateTime("moved_at").toInstant(),
            Optional.ofNullable(row.getOffsetDateTime("ended_at")).map(OffsetDateTime::toInstant),
            row.getLong("rows_expected"),
            row.getLong("rows_read"),
            row.getLong("rows_changed"),
            row.getLong("rows_unpriced"),
            row.getLong("rows_kept"),
            usd(row.getString("old_usd")),
            usd(row.getString("new_usd")),
            sums(Json.parse(row.getString("models"))));
    return new Place(repricing, Optional.ofNullable(row.getUUID("at_id")).orElse(BEFORE_ALL));
  }

  private static Bill bill(Row row) {
    var lines = Json.parse(row.getString("attempts"));
    return new Bill(
        row.getUUID("id"),
        row.getOffsetDateTime("started_at").toInstant(),
        row.getString("model"),
        new Usage(
            row.getLong("prompt_tokens"),
            row.getLong("completion_tokens"),
            row.getLong("prompt_tokens_cached"),
            row.getLong("prompt_tokens_cache_written"),
            0,
            row.getLong("reasoning_tokens"),
            row.getLong("search_count"),
            row.getBoolean("estimated")),
        Optional.ofNullable(row.getString("cost_usd")).map(RepricingTable::usd),
        lines instanceof ArrayNode array ? array : Json.mapper().createArrayNode());
  }

  private static Map<String, Sums> sums(JsonNode models) {
    var all = new LinkedHashMap<String, Sums>();
    models
        .properties()
        .forEach(
            model -> {
              var sums = model.getValue();
              all.put(
                  model.getKey(),
                  new Sums(
                      sums.path("rows").asLong(),
                      sums.path("changed").asLong(),
                      sums.path("unpriced").asLong(),
                      usd(sums.path("old_usd").asText("0")),
                      usd(sums.path("new_usd").asText("0"))));
            });
    return all;
  }

  private static JsonNode json(Map<String, Sums> models) {
    var json = Json.object();
    models.forEach(
        (model, sums) ->
            json.putObject(model)
                .put("rows", sums.rows())
                .put("changed", sums.changed())
                .put("unpriced", sums.unpriced())
                .put("old_usd", sums.oldCost().toString())
                .put("new_usd", sums.newCost().toString()));
    return json;
  }

  private static Usd usd(String dollars) {
    return Usd.of(new java.math.BigDecimal(dollars));
  }

  private static OffsetDateTime at(Instant moment) {
    return moment.atOffset(ZoneOffset.UTC);
  }

  private static java.util.stream.Stream<Row> stream(Iterable<Row> rows) {
    return StreamSupport.stream(rows.spliterator(), false);
  }
}
