-- Roll-ups, so that analytics stay fast when usage has 100 million rows, and the views that readers know.
--
-- They are kept by triggers on the statement that writes usage: those see exactly the rows that were inserted (a record
-- that came twice is none), in the same transaction, and no writer can forget them.
--
-- Latency is a logarithmic sketch with a relative error of 1 % (DDSketch: Masson, Rim, Lee, VLDB 2019): a value v ms falls
-- into bucket ceil(ln v / ln g) with g = 1.01 / 0.99, and a bucket i stands for 2 g^i / (g + 1). It is stored as two
-- arrays, index and count, that are merged by adding counts: percentiles of any span are exact to that error.

CREATE FUNCTION weir_sketch_index(ms bigint) RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ceil(ln(greatest(ms, 1)::double precision) / ln(1.01::double precision / 0.99))::integer;

CREATE FUNCTION weir_sketch_merge(
    index_a integer[], count_a bigint[], index_b integer[], count_b bigint[], OUT index integer[], OUT count bigint[])
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(array_agg(i ORDER BY i), '{}'), coalesce(array_agg(c ORDER BY i), '{}')
  FROM (
    SELECT i, sum(c)::bigint AS c
    FROM (SELECT * FROM unnest(index_a, count_a) UNION ALL SELECT * FROM unnest(index_b, count_b)) AS bucket (i, c)
    WHERE i IS NOT NULL
    GROUP BY i
    HAVING sum(c) <> 0
  ) AS merged;
END;

-- The q-quantile in ms; NULL of an empty sketch.
CREATE FUNCTION weir_sketch_quantile(index integer[], count bigint[], q double precision) RETURNS double precision
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT 2 * power(1.01::double precision / 0.99, i) / (1.01::double precision / 0.99 + 1)
  FROM (
    SELECT i, sum(c) OVER (ORDER BY i) AS up_to_here, sum(c) OVER () AS total
    FROM unnest(index, count) AS bucket (i, c)
  ) AS ranked
  WHERE up_to_here > q * (total - 1)
  ORDER BY i
  LIMIT 1;
END;

-- By hour and what was called; nobody's name in it.
CREATE TABLE usage_hourly (
  hour timestamptz NOT NULL,
  function_name text NOT NULL,
  function_version text NOT NULL,
  experiment text NOT NULL,
  variant text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  cache_status text NOT NULL,
  simulated boolean NOT NULL,
  calls bigint NOT NULL,
  errors bigint NOT NULL,
  cancelled bigint NOT NULL,
  interrupted bigint NOT NULL,
  retries bigint NOT NULL,
  prompt_tokens bigint NOT NULL,
  completion_tokens bigint NOT NULL,
  prompt_tokens_cached bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  searches bigint NOT NULL,
  cost_usd numeric(20, 9) NOT NULL,
  provider_cost_usd numeric(20, 9) NOT NULL,
  unpriced_calls bigint NOT NULL,
  -- Of the calls that ended ok or with an error.
  latency_ms_sum bigint NOT NULL,
  latency_index integer[] NOT NULL,
  latency_count bigint[] NOT NULL,
  PRIMARY KEY (hour, function_name, function_version, experiment, variant, provider, model, cache_status, simulated)
);
GRANT SELECT, INSERT, UPDATE ON usage_hourly TO weir_ledger;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_hourly TO weir_jobs;
GRANT SELECT ON usage_hourly TO weir_admin;

-- By day (UTC) and user: the money.
CREATE TABLE usage_daily (
  day date NOT NULL,
  billing_month date NOT NULL,
  user_id text NOT NULL,
  team_id text NOT NULL,
  key_id text NOT NULL,
  function_name text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  simulated boolean NOT NULL,
  calls bigint NOT NULL,
  errors bigint NOT NULL,
  cache_hits bigint NOT NULL,
  prompt_tokens bigint NOT NULL,
  completion_tokens bigint NOT NULL,
  prompt_tokens_cached bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  searches bigint NOT NULL,
  cost_usd numeric(20, 9) NOT NULL,
  provider_cost_usd numeric(20, 9) NOT NULL,
  unpriced_calls bigint NOT NULL,
  PRIMARY KEY (user_id, day, billing_month, team_id, key_id, function_name, provider, model, simulated)
);
CREATE INDEX usage_daily_day ON usage_daily (day);

ALTER TABLE usage_daily ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage_daily FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON usage_daily FOR SELECT TO weir_app USING (user_id = weir_user());
CREATE POLICY ledger ON usage_daily TO weir_ledger USING (true) WITH CHECK (true);
CREATE POLICY jobs ON usage_daily TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON usage_daily FOR SELECT TO weir_admin USING (true);
GRANT SELECT ON usage_daily TO weir_app, weir_admin;
GRANT SELECT, INSERT, UPDATE ON usage_daily TO weir_ledger;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_daily TO weir_jobs;

-- Adds some rows to the roll-ups and takes others away. In the order of the keys: two writers that touch the same rows
-- wait for each other and never deadlock.
CREATE FUNCTION weir_fold_usage(added ai_usage_metrics[], removed ai_usage_metrics[]) RETURNS void
  LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  INSERT INTO usage_hourly AS kept
  SELECT
    hour, function_name, function_version, experiment, variant, provider, model, cache_status, simulated,
    calls, errors, cancelled, interrupted, retries, prompt_tokens, completion_tokens, prompt_tokens_cached, reasoning_tokens,
    searches, cost_usd, provider_cost_usd, unpriced_calls, latency_ms_sum, sketch.index, sketch.count
  FROM (
    SELECT
      date_trunc('hour', started_at, 'UTC') AS hour, function_name, function_version,
      coalesce(experiment, '') AS experiment, coalesce(variant, '') AS variant, provider, model, cache_status, simulated,
      sum(sign) AS calls,
      coalesce(sum(sign) FILTER (WHERE status = 'error'), 0) AS errors,
      coalesce(sum(sign) FILTER (WHERE status = 'cancelled'), 0) AS cancelled,
      coalesce(sum(sign) FILTER (WHERE status = 'interrupted'), 0) AS interrupted,
      sum(sign * retry_count) AS retries,
      sum(sign * prompt_tokens) AS prompt_tokens,
      sum(sign * completion_tokens) AS completion_tokens,
      sum(sign * prompt_tokens_cached) AS prompt_tokens_cached,
      sum(sign * reasoning_tokens) AS reasoning_tokens,
      sum(sign * search_count) AS searches,
      sum(sign * coalesce(cost_usd, 0)) AS cost_usd,
      sum(sign * coalesce(provider_cost_usd, 0)) AS provider_cost_usd,
      coalesce(sum(sign) FILTER (WHERE cost_usd IS NULL), 0) AS unpriced_calls,
      coalesce(sum(sign * execution_time_ms) FILTER (WHERE status IN ('ok', 'error')), 0) AS latency_ms_sum,
      array_agg(weir_sketch_index(execution_time_ms)) FILTER (WHERE status IN ('ok', 'error')) AS indexes,
      array_agg(sign) FILTER (WHERE status IN ('ok', 'error')) AS signs
    FROM (
      SELECT 1::bigint AS sign, a.* FROM unnest(added) AS a
      UNION ALL
      SELECT -1::bigint, r.* FROM unnest(removed) AS r
    ) AS change
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ) AS folded
  CROSS JOIN LATERAL weir_sketch_merge(folded.indexes, folded.signs, '{}', '{}') AS sketch
  ORDER BY hour, function_name, function_version, experiment, variant, provider, model, cache_status, simulated
  ON CONFLICT (hour, function_name, function_version, experiment, variant, provider, model, cache_status, simulated)
  DO UPDATE SET
    calls = kept.calls + excluded.calls,
    errors = kept.errors + excluded.errors,
    cancelled = kept.cancelled + excluded.cancelled,
    interrupted = kept.interrupted + excluded.interrupted,
    retries = kept.retries + excluded.retries,
    prompt_tokens = kept.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = kept.completion_tokens + excluded.completion_tokens,
    prompt_tokens_cached = kept.prompt_tokens_cached + excluded.prompt_tokens_cached,
    reasoning_tokens = kept.reasoning_tokens + excluded.reasoning_tokens,
    searches = kept.searches + excluded.searches,
    cost_usd = kept.cost_usd + excluded.cost_usd,
    provider_cost_usd = kept.provider_cost_usd + excluded.provider_cost_usd,
    unpriced_calls = kept.unpriced_calls + excluded.unpriced_calls,
    latency_ms_sum = kept.latency_ms_sum + excluded.latency_ms_sum,
    (latency_index, latency_count) = (
      SELECT m.index, m.count
      FROM weir_sketch_merge(kept.latency_index, kept.latency_count, excluded.latency_index, excluded.latency_count) AS m);

  INSERT INTO usage_daily AS kept
  SELECT
    (started_at AT TIME ZONE 'UTC')::date AS day, billing_month, user_id, coalesce(team_id, ''), coalesce(key_id::text, ''),
    function_name, provider, model, simulated,
    sum(sign),
    coalesce(sum(sign) FILTER (WHERE status <> 'ok'), 0),
    coalesce(sum(sign) FILTER (WHERE cache_status IN ('hit', 'semantic', 'stale', 'coalesced')), 0),
    sum(sign * prompt_tokens), sum(sign * completion_tokens), sum(sign * prompt_tokens_cached),
    sum(sign * reasoning_tokens), sum(sign * search_count),
    sum(sign * coalesce(cost_usd, 0)), sum(sign * coalesce(provider_cost_usd, 0)),
    coalesce(sum(sign) FILTER (WHERE cost_usd IS NULL), 0)
  FROM (
    SELECT 1::bigint AS sign, a.* FROM unnest(added) AS a
    UNION ALL
    SELECT -1::bigint, r.* FROM unnest(removed) AS r
  ) AS change
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ORDER BY 3, 1, 2, 4, 5, 6, 7, 8, 9
  ON CONFLICT (user_id, day, billing_month, team_id, key_id, function_name, provider, model, simulated)
  DO UPDATE SET
    calls = kept.calls + excluded.calls,
    errors = kept.errors + excluded.errors,
    cache_hits = kept.cache_hits + excluded.cache_hits,
    prompt_tokens = kept.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = kept.completion_tokens + excluded.completion_tokens,
    prompt_tokens_cached = kept.prompt_tokens_cached + excluded.prompt_tokens_cached,
    reasoning_tokens = kept.reasoning_tokens + excluded.reasoning_tokens,
    searches = kept.searches + excluded.searches,
    cost_usd = kept.cost_usd + excluded.cost_usd,
    provider_cost_usd = kept.provider_cost_usd + excluded.provider_cost_usd,
    unpriced_calls = kept.unpriced_calls + excluded.unpriced_calls;
END
$$;

CREATE FUNCTION weir_usage_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  rows ai_usage_metrics[] := ARRAY(SELECT a::ai_usage_metrics FROM added AS a);
BEGIN
  IF cardinality(rows) > 0 THEN
    PERFORM weir_fold_usage(rows, '{}');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ai_usage_metrics_inserted AFTER INSERT ON ai_usage_metrics
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION weir_usage_inserted();

-- A late finish that replaces an interrupted call moves the roll-ups by the difference; so does erasure, which renames.
CREATE FUNCTION weir_usage_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  new_rows ai_usage_metrics[] := ARRAY(SELECT a::ai_usage_metrics FROM added AS a);
  old_rows ai_usage_metrics[] := ARRAY(SELECT r::ai_usage_metrics FROM removed AS r);
BEGIN
  IF cardinality(new_rows) > 0 THEN
    PERFORM weir_fold_usage(new_rows, old_rows);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ai_usage_metrics_updated AFTER UPDATE ON ai_usage_metrics
  REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION weir_usage_updated();

-- Views run with the rights and the policies of who asks: a user sees the own rows, an administrator all.
CREATE VIEW user_ai_costs_monthly WITH (security_invoker = true) AS
SELECT
  user_id,
  billing_month AS month,
  sum(calls) AS total_calls,
  sum(errors) AS failed_calls,
  sum(cache_hits) AS cache_hits,
  sum(prompt_tokens) AS prompt_tokens,
  sum(completion_tokens) AS completion_tokens,
  sum(prompt_tokens_cached) AS prompt_tokens_cached,
  sum(prompt_tokens + completion_tokens) AS total_tokens,
  sum(cost_usd) AS total_cost_usd,
  sum(provider_cost_usd) AS provider_cost_usd,
  coalesce(sum(cost_usd) FILTER (WHERE simulated), 0) AS simulated_cost_usd,
  sum(unpriced_calls) AS unpriced_calls
FROM usage_daily
GROUP BY user_id, billing_month;
GRANT SELECT ON user_ai_costs_monthly TO weir_app, weir_ledger, weir_jobs, weir_admin;

CREATE VIEW function_performance_metrics WITH (security_invoker = true) AS
WITH buckets AS (
  SELECT
    (u.hour AT TIME ZONE 'UTC')::date AS day, u.function_name, u.function_version, bucket.i, sum(bucket.c)::bigint AS c
  FROM usage_hourly AS u CROSS JOIN LATERAL unnest(u.latency_index, u.latency_count) AS bucket (i, c)
  GROUP BY 1, 2, 3, 4
),
sketches AS (
  SELECT day, function_name, function_version, array_agg(i ORDER BY i) AS index, array_agg(c ORDER BY i) AS count
  FROM buckets
  GROUP BY 1, 2, 3
),
totals AS (
  SELECT
    (hour AT TIME ZONE 'UTC')::date AS day, function_name, function_version,
    sum(calls) AS total_calls, sum(errors) AS error_count, sum(cancelled) AS cancelled_count,
    sum(interrupted) AS interrupted_count, sum(retries) AS retry_count,
    coalesce(sum(calls) FILTER (WHERE cache_status IN ('hit', 'semantic', 'stale', 'coalesced')), 0) AS cache_hits,
    sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS completion_tokens, sum(cost_usd) AS cost_usd,
    sum(latency_ms_sum) AS latency_ms_sum
  FROM usage_hourly
  GROUP BY 1, 2, 3
)
SELECT
  t.day, t.function_name, t.function_version, t.total_calls, t.error_count, t.cancelled_count, t.interrupted_count,
  t.retry_count, t.cache_hits,
  (t.error_count / nullif(t.total_calls - t.cancelled_count, 0))::double precision AS error_rate,
  (t.latency_ms_sum / nullif(t.total_calls - t.cancelled_count - t.interrupted_count, 0))::double precision AS avg_ms,
  weir_sketch_quantile(s.index, s.count, 0.50) AS p50_ms,
  weir_sketch_quantile(s.index, s.count, 0.95) AS p95_ms,
  weir_sketch_quantile(s.index, s.count, 0.99) AS p99_ms,
  t.prompt_tokens, t.completion_tokens, t.cost_usd
FROM totals AS t LEFT JOIN sketches AS s USING (day, function_name, function_version);
GRANT SELECT ON function_performance_metrics TO weir_jobs, weir_admin;

-- The newest value of each metric.
CREATE VIEW ai_health_metrics WITH (security_invoker = true) AS
SELECT DISTINCT ON (metric_name, node_name)
  metric_name, node_name, metric_value, threshold_warning, threshold_critical, status, labels, recorded_at
FROM health_metrics
ORDER BY metric_name, node_name, recorded_at DESC;
GRANT SELECT ON ai_health_metrics TO weir_jobs, weir_admin;
