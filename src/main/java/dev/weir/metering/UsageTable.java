package dev.weir.metering;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.gateway.AttemptRecord;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.Duration;
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
   * One statement for any number of rows; what is there already is left alone, so a repeated batch
   * changes nothing.
   */
  private static final String INSERT =
      """
      INSERT INTO ai_usage_metrics (
        request_id, started_at, user_id, key_id, team_id, function_name, function_version, variant, provider, model,
        status, error_code, execution_time_ms, time_to_first_byte_ms, retry_count, prompt_tokens, completion_tokens,
        prompt_tokens_cached, reasoning_tokens, search_count, estimated, cost_usd, provider_cost_usd, cache_status,
        repair_count, correlation_id, streamed, simulated, door, attempts)
      SELECT
        request_id, started_at, user_id, key_id, team_id, function_name, function_version, variant, provider, model,
        status, error_code, execution_time_ms, time_to_first_byte_ms, retry_count, prompt_tokens, completion_tokens,
        prompt_tokens_cached, reasoning_tokens, search_count, estimated, cost_usd, provider_cost_usd, cache_status,
        repair_count, correlation_id, streamed, simulated, door, attempts::jsonb
      FROM unnest(
        $1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::int[], $16::bigint[],
        $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::boolean[], $22::numeric[], $23::numeric[],
        $24::text[], $25::int[], $26::text[], $27::boolean[], $28::boolean[], $29::text[], $30::text[])
        AS row (
          request_id, started_at, user_id, key_id, team_id, function_name, function_version, variant, provider, model,
          status, error_code, execution_time_ms, time_to_first_byte_ms, retry_count, prompt_tokens, completion_tokens,
          prompt_tokens_cached, reasoning_tokens, search_count, estimated, cost_usd, provider_cost_usd, cache_status,
          repair_count, correlation_id, streamed, simulated, door, attempts)
      ON CONFLICT DO NOTHING
      """;

  private final Database database;

  UsageTable(Database database) {
    this.database = database;
  }

  /** Writes these records in one transaction. */
  Future<Void> insert(List<UsageRecord> records) {
    var rows = Tuple.tuple();
    add(rows, records, UUID[]::new, r -> r.id());
    add(rows, records, OffsetDateTime[]::new, r -> r.startedAt().atOffset(ZoneOffset.UTC));
    add(rows, records, String[]::new, r -> r.user());
    add(rows, records, UUID[]::new, r -> r.key());
    addOptional(rows, records, String[]::new, r -> r.team());
    add(rows, records, String[]::new, r -> r.function());
    addOptional(rows, records, String[]::new, r -> r.version());
    addOptional(rows, records, String[]::new, r -> r.variant());
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
    addOptional(rows, records, BigDecimal[]::new, r -> r.cost().map(Usd::dollars));
    addOptional(rows, records, BigDecimal[]::new, r -> r.providerCost().map(Usd::dollars));
    add(rows, records, String[]::new, r -> r.cache());
    add(rows, records, Integer[]::new, r -> r.repairs());
    addOptional(rows, records, String[]::new, r -> r.correlation());
    add(rows, records, Boolean[]::new, r -> r.streamed());
    add(rows, records, Boolean[]::new, r -> r.target().simulated());
    add(rows, records, String[]::new, r -> r.door());
    add(rows, records, String[]::new, r -> attempts(r).toString());
    return database.ledger(c -> c.preparedQuery(INSERT).execute(rows).mapEmpty());
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

  private static ArrayNode attempts(UsageRecord record) {
    var all = Json.mapper().createArrayNode();
    for (AttemptRecord attempt : record.attempts()) {
      var one =
          all.addObject()
              .put("id", attempt.id().toString())
              .put("provider", attempt.target().servedBy())
              .put("model", attempt.target().model().toString())
              .put("ms", attempt.took().toMillis())
              .put("input_tokens", attempt.usage().inputTokens())
              .put("output_tokens", attempt.usage().outputTokens());
      attempt.failure().ifPresent(code -> one.put("error", code.name()));
      attempt.cost().ifPresent(cost -> one.put("cost_usd", cost.dollars()));
      attempt.providerCost().ifPresent(cost -> one.put("provider_cost_usd", cost.dollars()));
    }
    return all;
  }
}
