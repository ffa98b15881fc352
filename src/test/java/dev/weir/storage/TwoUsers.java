package dev.weir.storage;

import dev.weir.testing.TestDatabase;
import java.util.Map;

/** Alice and Bob, each with a row in every table that has a user column. */
final class TwoUsers {
  /**
   * An insert per table; {@code $} stands for the user, {@code #} for a number of that user's own.
   */
  private static final Map<String, String> ROWS =
      Map.ofEntries(
          Map.entry("users", "INSERT INTO users (user_id) VALUES ('$')"),
          Map.entry(
              "api_keys",
              """
              INSERT INTO api_keys (id, key_hash, prefix, role, user_id)
              VALUES (gen_random_uuid(), sha256('$'), 'wk_$', 'user', '$')\
              """),
          Map.entry(
              "subject_limits",
              "INSERT INTO subject_limits VALUES ('user', '$', 'calls', 'day', 7)"),
          Map.entry(
              "ai_usage_metrics",
              """
              INSERT INTO ai_usage_metrics
                (id, started_at, billing_month, user_id, function_name, status, execution_time_ms, cost_usd)
              VALUES (gen_random_uuid(), now(), date_trunc('month', now(), 'UTC')::date, '$', 'f', 'ok', 100, 0.5)\
              """),
          Map.entry(
              "admission_refusals",
              "INSERT INTO admission_refusals VALUES (date_trunc('minute', now(), 'UTC'), '$', 'f',"
                  + " 'QUOTA_EXCEEDED', 1)"),
          Map.entry(
              "admission_refusal_samples",
              "INSERT INTO admission_refusal_samples VALUES ('$', 0, gen_random_uuid(), now(), 'f',"
                  + " 'QUOTA_EXCEEDED', '{}')"),
          Map.entry(
              "usage_rejects",
              "INSERT INTO usage_rejects VALUES (gen_random_uuid(), '$', now(), 'broken', '{}')"),
          Map.entry(
              "api_rate_limits",
              "INSERT INTO api_rate_limits (subject_kind, subject_id, unit) VALUES ('user', '$',"
                  + " 'calls')"),
          Map.entry(
              "user_quotas",
              "INSERT INTO user_quotas VALUES ('user', '$', '2026-11-01') ON CONFLICT DO NOTHING"),
          Map.entry(
              "leases",
              """
              WITH process AS (
                INSERT INTO ledger_processes (process_id, node_name) VALUES (gen_random_uuid(), 'n') RETURNING process_id)
              INSERT INTO leases (lease_id, process_id, subject_kind, subject_id, epoch, billing_month, bucket, calls_granted,
                expires_at)
              SELECT gen_random_uuid(), process_id, 'user', '$', 0, '2026-11-01', 0, 1, now() FROM process\
              """),
          Map.entry(
              "lease_held",
              """
              WITH process AS (
                INSERT INTO ledger_processes (process_id, node_name) VALUES (gen_random_uuid(), 'n') RETURNING process_id)
              INSERT INTO lease_held SELECT process_id, 'user', '$', '2026-11-01', 1 FROM process\
              """),
          Map.entry(
              "response_cache",
              """
              INSERT INTO response_cache (cache_key, user_id, function_name, function_version, cache_data, size_bytes, expires_at)
              VALUES (encode(sha256('$'), 'hex'), '$', 'f', '1', '{}', 2, now() + interval '1 hour')\
              """),
          Map.entry(
              "cache_flights",
              """
              INSERT INTO cache_flights (cache_key, user_id, epoch, holder, state, expires_at)
              VALUES (encode(sha256('$'), 'hex'), '$', 1, gen_random_uuid(), 'flying', now())\
              """),
          Map.entry(
              "cache_generations",
              "INSERT INTO cache_generations (subject_kind, subject_id) VALUES ('user', '$')"),
          Map.entry(
              "experiment_units",
              "INSERT INTO experiment_units VALUES ('e', '$', 'a', 0.5, 1, now(), now() + interval"
                  + " '7 days')"),
          Map.entry(
              "feedback",
              "INSERT INTO feedback (id, request_id, user_id, success) VALUES (gen_random_uuid(),"
                  + " gen_random_uuid(), '$', true)"),
          Map.entry(
              "stored_contents",
              """
              INSERT INTO stored_contents
                (id, user_id, function_name, function_version, kind, input, error_code, cost_usd, latency_ms, expires_at)
              VALUES (gen_random_uuid(), '$', 'f', '0', 'call', '{}', 'TIMEOUT', 0, 1, now() + interval '1 day')\
              """),
          Map.entry("content_deletions", "INSERT INTO content_deletions (user_id) VALUES ('$')"),
          Map.entry(
              "shadow_pairs",
              "INSERT INTO shadow_pairs VALUES (gen_random_uuid(), gen_random_uuid(), '$', now(),"
                  + " now(), '0', 'ok', 'ok', true, 1, 1, 0, 0, 1, 1)"),
          Map.entry(
              "evaluation_items",
              """
              WITH evaluation AS (
                INSERT INTO evaluations (evaluation_name, function_name, candidate, candidate_version, baseline,
                  baseline_versions, scorers, item_source, items, units, units_expected, unfit, budget_usd, created_by)
                VALUES ('e-$', 'f', 'candidate', '0', 'stored', '{}', '{schema}', 'stored', 1, 1, 0, 0, 1, 'k')
                RETURNING evaluation_name)
              INSERT INTO evaluation_items (evaluation_name, position, user_id, unit, unit_items, baseline_outcome,
                candidate_outcome, scores)
              SELECT evaluation_name, 0, '$', 0, 1, 'ok', 'ok', '{}' FROM evaluation\
              """),
          Map.entry(
              "evaluation_work",
              """
              WITH evaluation AS (
                INSERT INTO evaluations (evaluation_name, function_name, candidate, candidate_version, baseline,
                  baseline_versions, scorers, item_source, items, units, units_expected, unfit, budget_usd, created_by)
                VALUES ('w-$', 'f', 'candidate', '0', 'stored', '{}', '{schema}', 'cases', 1, 1, 0, 0, 1, 'k')
                RETURNING evaluation_name)
              INSERT INTO evaluation_work (evaluation_name, position, user_id, unit, unit_items, given)
              SELECT evaluation_name, 0, '$', 0, 1, '{}' FROM evaluation\
              """),
          Map.entry(
              "vault_documents",
              "INSERT INTO vault_documents (user_id, document_id, content, content_hash) VALUES"
                  + " ('$', 'd', 'text', 'h')"),
          Map.entry(
              "vault_search_index",
              """
              INSERT INTO vault_search_index (id, user_id, document_id, chunk, content, content_hash)
              VALUES (gen_random_uuid(), '$', 'd', 0, 'text', 'h')\
              """));

  private TwoUsers() {}

  /** Inserts the rows as the superuser. */
  static void arrive(TestDatabase database) {
    for (var user : new String[] {"alice", "bob"}) {
      ROWS.entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(row -> database.execute(insert(row.getKey(), user)));
    }
  }

  /** The statement that gives this user a row in this table. */
  static String insert(String table, String user) {
    var sql = ROWS.get(table);
    if (sql == null) {
      throw new AssertionError("add an insert for the new table " + table + " to this fixture");
    }
    return sql.replace("$", user);
  }
}
