package dev.weir.metering;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.gateway.Assignment;
import dev.weir.gateway.AttemptRecord;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;

/** The writing side of {@code ai_usage_metrics}. */
final class UsageTable {
  /**
   * One statement for any number of rows, each call once. What is there already is left alone, so a
   * repeated batch changes nothing; only a row of a call that was taken for interrupted gives way
   * to one that saw the call's end. A time outside the partitions that exist is moved to their edge
   * and marked, so that no clock can lose a record; the moved time is remembered, so that the same
   * record finds its row again when there are more partitions.
   */
  private static final String UPSERT =
      """
      WITH span AS (
        SELECT min(begins) AS first, max(ends) - interval '1 microsecond' AS last
        FROM partition_spans
        WHERE table_name = 'ai_usage_metrics'
      ), sent AS (
        SELECT
          row.*,
          coalesce(clamp.started_at, least(greatest(row.came_in, span.first), span.last)) AS started_at
        FROM span, unnest(
          $1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
          $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::int[], $16::bigint[],
          $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::boolean[], $22::text[]::numeric[], $23::text[]::numeric[],
          $24::text[], $25::int[], $26::text[], $27::boolean[], $28::boolean[], $29::text[], $30::text[], $31::text[],
          $32::bigint[], $33::uuid[], $34::boolean[], $35::text[], $36::int[], $37::text[], $38::date[], $39::uuid[],
          $40::uuid[])
          AS row (
            id, came_in, user_id, key_id, team_id, function_name, function_version, variant, provider, model, status,
            error_code, execution_time_ms, time_to_first_byte_ms, retry_count, prompt_tokens, completion_tokens,
            prompt_tokens_cached, reasoning_tokens, search_count, estimated, cost_usd, provider_cost_usd, cache_status,
            repairs, correlation_id, streamed, simulated, door, tags, attempts, prompt_tokens_cache_written, lease_id,
            unit_returned, experiment, experiment_epoch, experiment_outcome, money_month, key_lease_id, team_lease_id)
        LEFT JOIN usage_clamps AS clamp USING (id)
      ), clamped AS (
        INSERT INTO usage_clamps (id, started_at)
        SELECT id, started_at FROM sent WHERE started_at <> came_in
        ON CONFLICT DO NOTHING
      )
      INSERT INTO ai_usage_metrics AS kept (
        id, started_at, billing_month, time_clamped, user_id, key_id, team_id, lease_id, function_name,
        function_version, variant, provider, model, status, error_code, execution_time_ms, time_to_first_byte_ms,
        retry_count, prompt_tokens, completion_tokens, prompt_tokens_cached, reasoning_tokens, search_count, estimated,
        cost_usd, provider_cost_usd, cache_status, repairs, correlation_id, streamed, simulated, door, tags, attempts,
        prompt_tokens_cache_written, unit_returned, experiment, experiment_epoch, experiment_outcome, key_lease_id,
        team_lease_id)
      SELECT
        id, started_at, coalesce(money_month, date_trunc('month', started_at AT TIME ZONE 'UTC')::date),
        started_at <> came_in, user_id,
        key_id, team_id, lease_id, function_name, function_version, variant, provider, model, status, error_code,
        execution_time_ms, time_to_first_byte_ms, retry_count, prompt_tokens, completion_tokens, prompt_tokens_cached,
        reasoning_tokens, search_count, estimated, cost_usd, provider_cost_usd, cache_status, repairs, correlation_id,
        streamed, simulated, door, tags::jsonb, attempts::jsonb, prompt_tokens_cache_written, unit_returned,
        experiment, experiment_epoch, experiment_outcome, key_lease_id, team_lease_id
      FROM sent
      ON CONFLICT (id, started_at) DO UPDATE SET
        recorded_at = excluded.recorded_at, function_version = excluded.function_version, variant = excluded.variant,
        experiment = excluded.experiment, experiment_epoch = excluded.experiment_epoch,
        experiment_outcome = excluded.experiment_outcome,
        provider = excluded.provider, model = excluded.model, status = excluded.status,
        error_code = excluded.error_code, execution_time_ms = excluded.execution_time_ms,
        time_to_first_byte_ms = excluded.time_to_first_byte_ms, retry_count = excluded.retry_count,
        prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens,
        prompt_tokens_cached = excluded.prompt_tokens_cached, reasoning_tokens = excluded.reasoning_tokens,
        search_count = excluded.search_count, estimated = excluded.estimated, cost_usd = excluded.cost_usd,
        provider_cost_usd = excluded.provider_cost_usd, cache_status = excluded.cache_status,
        prompt_tokens_cache_written = excluded.prompt_tokens_cache_written,
        repairs = excluded.repairs, unit_returned = excluded.unit_returned, simulated = excluded.simulated, attempts = excluded.attempts
      WHERE kept.status = 'interrupted' AND excluded.status <> 'interrupted'
      """;

  /** How many of these calls have a row. */
  private static final String KNOWN =
      """
      SELECT count(*) AS rows
      FROM unnest($1::uuid[], $2::timestamptz[]) AS sent (id, came_in)
      LEFT JOIN usage_clamps AS clamp USING (id)
      JOIN ai_usage_metrics AS kept
        ON kept.id = sent.id AND kept.started_at = coalesce(clamp.started_at, sent.came_in)
      """;

  private static final String SET_ASIDE =
      """
      INSERT INTO usage_rejects (id, user_id, reason, record)
      VALUES ($1, $2, $3, $4)
      ON CONFLICT DO NOTHING
      """;

  private final Database database;

  UsageTable(Database database) {
    this.database = database;
  }

  /**
   * Writes these records in one transaction, no two of one call. Fails, and changes nothing, unless
   * every one of them has a row then.
   */
  Future<Void> insert(List<UsageRecord> records) {
    if (records.isEmpty()) {
      return Future.succeededFuture();
    }
    var rows = Tuple.tuple();
    add(rows, records, UUID[]::new, r -> r.id());
    add(rows, records, OffsetDateTime[]::new, r -> r.startedAt().atOffset(ZoneOffset.UTC));
    add(rows, records, String[]::new, r -> r.user());
    add(rows, records, UUID[]::new, r -> r.key());
    addOptional(rows, records, String[]::new, r -> r.team());
    add(rows, records, String[]::new, r -> r.function());
    add(rows, records, String[]::new, r -> r.version().orElse(""));
    addOptional(rows, records, String[]::new, r -> r.assignment().map(Assignment::variant));
    add(rows, records, String[]::new, r -> r.target().servedBy());
    add(rows, records, String[]::new, r -> r.target().model().toString());
    add(rows, records, String[]::new, r -> r.outcome().label());
    addOptional(rows, records, String[]::new, r -> r.error().map(ErrorCode::name));
    add(rows, records, Long[]::new, r -> r.took().toMillis());
    addOptional(rows, records, Long[]::new, r -> r.firstByte().map(Duration::toMillis));
    add(rows, records, Integer[]::new, r -> r.retries());
    add(rows, records, Long[]::new, r -> r.usage().inputTokens());
    add(rows, records, Long[]::new, r -> r.usage().outputTokens());
    add(rows, records, Long[]::new, r -> r.usage().cachedTokens());
    add(rows, records, Long[]::new, r -> r.usage().reasoningTokens());
    add(rows, records, Long[]::new, r -> r.usage().searches());
    add(rows, records, Boolean[]::new, r -> r.usage().estimated());
    addOptional(rows, records, String[]::new, r -> r.cost().map(Usd::toString));
    addOptional(rows, records, String[]::new, r -> r.providerCost().map(Usd::toString));
    add(rows, records, String[]::new, r -> r.cache());
    add(rows, records, Integer[]::new, r -> r.repairs());
    addOptional(rows, records, String[]::new, r -> r.correlation());
    add(rows, records, Boolean[]::new, r -> r.streamed());
    add(rows, records, Boolean[]::new, r -> r.target().simulated());
    add(rows, records, String[]::new, r -> r.door());
    add(rows, records, String[]::new, r -> tags(r).toString());
    add(rows, records, String[]::new, r -> attempts(r).toString());
    add(rows, records, Long[]::new, r -> r.usage().writtenTokens());
    addOptional(rows, records, UUID[]::new, r -> r.debit().user());
    add(rows, records, Boolean[]::new, r -> r.unitReturned());
    addOptional(rows, records, String[]::new, r -> r.assignment().map(Assignment::experiment));
    addOptional(rows, records, Integer[]::new, r -> r.assignment().map(Assignment::epoch));
    addOptional(rows, records, String[]::new, r -> Trial.of(r).map(Trial::label));
    addOptional(rows, records, LocalDate[]::new, r -> r.debit().month());
    addOptional(rows, records, UUID[]::new, r -> r.debit().key());
    addOptional(rows, records, UUID[]::new, r -> r.debit().team());
    return database.ledger(
        c ->
            c.preparedQuery(UPSERT)
                .execute(rows)
                .compose(
                    done ->
                        done.rowCount() == records.size()
                            ? Future.succeededFuture()
                            : allKnown(c, records)));
  }

  /** Fewer rows were written than sent: the others must have been there before. */
  private static Future<Void> allKnown(SqlConnection connection, List<UsageRecord> records) {
    var keys = Tuple.tuple();
    add(keys, records, UUID[]::new, r -> r.id());
    add(keys, records, OffsetDateTime[]::new, r -> r.startedAt().atOffset(ZoneOffset.UTC));
    return connection
        .preparedQuery(KNOWN)
        .execute(keys)
        .compose(
            found -> {
              var known = found.iterator().next().getLong("rows");
              return known == records.size()
                  ? Future.succeededFuture()
                  : Future.failedFuture(
                      new IllegalStateException(
                          "of " + records.size() + " records only " + known + " have a row"));
            });
  }

  /**
   * Keeps a record that the table refuses, with the reason, so that nothing is lost and somebody
   * can look.
   */
  Future<Void> setAside(UsageRecord record, String reason) {
    return database.ledger(
        c ->
            c.preparedQuery(SET_ASIDE)
                .execute(Tuple.of(record.id(), record.user(), reason, printable(record.toString())))
                .mapEmpty());
  }

  /** Postgres refuses NUL in text, which may be the very reason why the record is here. */
  private static String printable(String text) {
    return text.replace('\0', '\uFFFD');
  }

  private static <T> void add(
      Tuple rows,
      List<UsageRecord> records,
      IntFunction<T[]> array,
      Function<UsageRecord, T> column) {
    rows.addValue(records.stream().map(column).toArray(array));
  }

  /** As {@code add}, with SQL's null where there is nothing. */
  private static <T> void addOptional(
      Tuple rows,
      List<UsageRecord> records,
      IntFunction<T[]> array,
      Function<UsageRecord, Optional<T>> column) {
    var values = array.apply(records.size());
    for (var i = 0; i < values.length; i++) {
      var value = column.apply(records.get(i));
      if (value.isPresent()) {
        values[i] = value.get();
      }
    }
    rows.addValue(values);
  }

  private static ObjectNode tags(UsageRecord record) {
    var all = Json.object();
    record.tags().forEach(all::put);
    return all;
  }

  /** The bill, line by line, with all that is needed to price it again. */
  private static ArrayNode attempts(UsageRecord record) {
    var all = Json.mapper().createArrayNode();
    for (AttemptRecord attempt : record.attempts()) {
      var usage = attempt.usage();
      var one =
          all.addObject()
              .put("id", attempt.id().toString())
              .put("at", attempt.at().toString())
              .put("provider", attempt.target().servedBy())
              .put("model", attempt.target().model().toString())
              .put("simulated", attempt.target().simulated())
              .put("ms", attempt.took().toMillis())
              .put("prompt_tokens", usage.inputTokens())
              .put("prompt_tokens_cached", usage.cachedTokens())
              .put("prompt_tokens_written_5m", usage.written5m())
              .put("prompt_tokens_written_1h", usage.written1h())
              .put("completion_tokens", usage.outputTokens())
              .put("reasoning_tokens", usage.reasoningTokens())
              .put("searches", usage.searches())
              .put("estimated", usage.estimated());
      attempt.failure().ifPresent(code -> one.put("error_code", code.name()));
      attempt.cost().ifPresent(cost -> one.put("cost_usd", cost.dollars()));
      attempt.providerCost().ifPresent(cost -> one.put("provider_cost_usd", cost.dollars()));
    }
    return all;
  }
}
