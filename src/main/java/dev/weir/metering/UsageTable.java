package dev.weir.metering;

import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;

/** The writing side of {@code ai_usage_metrics}. */
final class UsageTable {
  /** The records that are sent, as rows. */
  private static final String SENT =
      """
      unnest(
        $1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::int[], $16::bigint[],
        $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::boolean[], $22::text[]::numeric[], $23::text[]::numeric[],
        $24::text[], $25::int[], $26::text[], $27::boolean[], $28::boolean[], $29::text[], $30::text[], $31::text[],
        $32::bigint[], $33::uuid[], $34::boolean[], $35::text[], $36::int[], $37::text[], $38::date[], $39::uuid[],
        $40::uuid[], $41::boolean[])
        AS row (
          id, came_in, user_id, key_id, team_id, function_name, function_version, variant, provider, model, status,
          error_code, execution_time_ms, time_to_first_byte_ms, retry_count, prompt_tokens, completion_tokens,
          prompt_tokens_cached, reasoning_tokens, search_count, estimated, cost_usd, provider_cost_usd, cache_status,
          repairs, correlation_id, streamed, simulated, door, tags, attempts, prompt_tokens_cache_written, lease_id,
          unit_returned, experiment, experiment_epoch, experiment_outcome, money_month, key_lease_id, team_lease_id,
          fallback)\
      """;

  private static final String INSERT =
      """
      INSERT INTO ai_usage_metrics AS kept (
        id, started_at, billing_month, time_clamped, user_id, key_id, team_id, lease_id, function_name,
        function_version, variant, provider, model, status, error_code, execution_time_ms, time_to_first_byte_ms,
        retry_count, prompt_tokens, completion_tokens, prompt_tokens_cached, reasoning_tokens, search_count, estimated,
        cost_usd, provider_cost_usd, cache_status, repairs, correlation_id, streamed, simulated, door, tags, attempts,
        prompt_tokens_cache_written, unit_returned, experiment, experiment_epoch, experiment_outcome, key_lease_id,
        team_lease_id, fallback)
      SELECT
        id, started_at, coalesce(money_month, date_trunc('month', started_at AT TIME ZONE 'UTC')::date),
        started_at <> came_in, user_id,
        key_id, team_id, lease_id, function_name, function_version, variant, provider, model, status, error_code,
        execution_time_ms, time_to_first_byte_ms, retry_count, prompt_tokens, completion_tokens, prompt_tokens_cached,
        reasoning_tokens, search_count, estimated, cost_usd, provider_cost_usd, cache_status, repairs, correlation_id,
        streamed, simulated, door, tags::jsonb, attempts::jsonb, prompt_tokens_cache_written, unit_returned,
        experiment, experiment_epoch, experiment_outcome, key_lease_id, team_lease_id, fallback
      """;

  /**
   * What is there already is left alone, so a repeated batch changes nothing; only a row of a call
   * that was taken for interrupted gives way to one that saw the call's end.
   */
  private static final String UNLESS_KNOWN =
      """
      ON CONFLICT (id, started_at) DO UPDATE SET
        recorded_at = excluded.recorded_at, function_version = excluded.function_version, variant = excluded.variant,
        experiment = excluded.experiment, experiment_epoch = excluded.experiment_epoch,
        experiment_outcome = excluded.experiment_outcome, fallback = excluded.fallback,
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

  /** One statement for any number of rows, each call once, all within the partitions. */
  private static final String UPSERT =
      INSERT
          + "FROM (SELECT row.*, came_in AS started_at FROM "
          + SENT
          + ") AS sent\n"
          + UNLESS_KNOWN;

  /**
   * The same where some time lies outside the partitions that exist, or did so once: it is moved to
   * their edge and marked, so that no clock can lose a record; and the moved time is remembered, so
   * that the same record finds its row again when there are more partitions.
   */
  private static final String UPSERT_CLAMPED =
      """
      WITH span AS (
        SELECT min(begins) AS first, max(ends) - interval '1 microsecond' AS last
        FROM partition_spans
        WHERE table_name = 'ai_usage_metrics'
      ), sent AS (
        SELECT
          row.*,
          coalesce(clamp.started_at, least(greatest(row.came_in, span.first), span.last)) AS started_at
        FROM span CROSS JOIN
      """
          + SENT
          + """

            LEFT JOIN usage_clamps AS clamp USING (id)
          ), clamped AS (
            INSERT INTO usage_clamps (id, started_at)
            SELECT id, started_at FROM sent WHERE started_at <> came_in
            ON CONFLICT DO NOTHING
          )
          """
          + INSERT
          + "FROM sent\n"
          + UNLESS_KNOWN;

  /**
   * Which of the two it has to be. The rows of a batch stand in memory two times, for the triggers;
   * by default the server would write them to files. And a busy node needs its time to put twenty
   * thousand rows on the wire, in which the server hears nothing.
   */
  private static final String PREPARE =
      """
      SELECT
        set_config('work_mem', '64MB', true),
        set_config('idle_in_transaction_session_timeout', '15s', true),
        EXISTS (SELECT FROM usage_clamps) OR NOT coalesce($1 >= min(begins) AND $2 < max(ends), false) AS clamps
      FROM partition_spans
      WHERE table_name = 'ai_usage_metrics'
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
    var rows = UsageRows.of(records);
    return database.ledger(
        c ->
            statement(c, records)
                .compose(sql -> c.preparedQuery(sql).execute(rows))
                .compose(
                    done ->
                        done.rowCount() == records.size()
                            ? Future.succeededFuture()
                            : allKnown(c, records)));
  }

  private static Future<String> statement(SqlConnection connection, List<UsageRecord> records) {
    var times = records.stream().map(UsageRecord::startedAt).toList();
    return connection
        .preparedQuery(PREPARE)
        .execute(
            Tuple.of(
                Collections.min(times).atOffset(ZoneOffset.UTC),
                Collections.max(times).atOffset(ZoneOffset.UTC)))
        .map(found -> found.iterator().next().getBoolean("clamps") ? UPSERT_CLAMPED : UPSERT);
  }

  /** Fewer rows were written than sent: the others must have been there before. */
  private static Future<Void> allKnown(SqlConnection connection, List<UsageRecord> records) {
    return connection
        .preparedQuery(KNOWN)
        .execute(UsageRows.keys(records))
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
}
