-- Roll-ups by day and month beside those by hour, and by tag; and a cheaper way to keep all of them.
--
-- Each month of a function is a handful of rows here, so its percentiles do not depend on how many calls it had. All
-- grains are kept by the statement triggers of V008, exact and in the same transaction, from the rows that a statement
-- really inserted or changed. Locks are taken in one order: users' days, tags, hours, days, months, and in each of them the
-- order of its key. What every writer touches comes last, so that it is held for the shortest time.

-- The same columns as usage_hourly, by day (UTC) and by month (UTC). Nobody's name in them.
CREATE TABLE usage_function_days (LIKE usage_hourly);
ALTER TABLE usage_function_days RENAME COLUMN hour TO day;
ALTER TABLE usage_function_days ALTER COLUMN day TYPE date USING NULL;
ALTER TABLE usage_function_days ADD PRIMARY KEY
  (day, function_name, function_version, experiment, variant, provider, model, cache_status, simulated);

CREATE TABLE usage_function_months (LIKE usage_hourly);
ALTER TABLE usage_function_months RENAME COLUMN hour TO month;
ALTER TABLE usage_function_months ALTER COLUMN month TYPE date USING NULL;
ALTER TABLE usage_function_months ADD PRIMARY KEY
  (month, function_name, function_version, experiment, variant, provider, model, cache_status, simulated);
ALTER TABLE usage_function_months ADD CHECK (extract(day FROM month) = 1);

-- The latencies of a month once more, with no more apart than most questions ask: a fourth of the sketches to add up.
CREATE TABLE usage_latency_months (
  month date NOT NULL CHECK (extract(day FROM month) = 1),
  function_name text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  latency_index integer[] NOT NULL,
  latency_count bigint[] NOT NULL,
  PRIMARY KEY (month, function_name, provider, model)
);

-- What a tag cost, by day (UTC). Without the user on purpose: with one it would be as large as the calls themselves, and
-- it is how a company splits its bill, so administrators alone read it; a user's own tags are in the own calls.
CREATE TABLE usage_tag_days (
  day date NOT NULL,
  billing_month date NOT NULL,
  tag_key text NOT NULL,
  tag_value text NOT NULL,
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
  PRIMARY KEY (tag_key, day, tag_value, billing_month, function_name, provider, model, simulated)
);

-- The bound on it: the first 1,000 values of a key on a day keep their names, the others are summed up as (other); so
-- are keys beyond the first 100 of a day. Which values have names never changes, so that what is taken away later is
-- taken from where it was added.
CREATE TABLE usage_tag_keys (
  day date NOT NULL,
  tag_key text NOT NULL,
  PRIMARY KEY (day, tag_key)
);
CREATE TABLE usage_tag_values (
  day date NOT NULL,
  tag_key text NOT NULL,
  tag_value text NOT NULL,
  PRIMARY KEY (day, tag_key, tag_value)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'usage_function_days', 'usage_function_months', 'usage_latency_months', 'usage_tag_days', 'usage_tag_keys',
    'usage_tag_values'] LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO weir_ledger', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO weir_jobs', name);
    EXECUTE format('GRANT SELECT ON %I TO weir_admin', name);
  END LOOP;
  -- Rows that change with every batch: room beside them keeps their new versions on the same page and out of the indexes.
  FOREACH name IN ARRAY ARRAY[
    'usage_hourly', 'usage_function_days', 'usage_function_months', 'usage_latency_months'] LOOP
    EXECUTE format('ALTER TABLE %I SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)', name);
    EXECUTE format('ALTER TABLE %I ALTER COLUMN latency_index SET STORAGE MAIN', name);
    EXECUTE format('ALTER TABLE %I ALTER COLUMN latency_count SET STORAGE MAIN', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['usage_daily', 'usage_tag_days'] LOOP
    EXECUTE format('ALTER TABLE %I SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)', name);
  END LOOP;
END
$$;

-- Days come in order: a few pages of ranges do what a tree of as many entries as rows did.
DROP INDEX usage_daily_day;
CREATE INDEX usage_daily_day ON usage_daily USING brin (day) WITH (pages_per_range = 32);

-- A sketch may hold a bucket more than once: adding to it is then a concatenation, which costs next to nothing, and only
-- every so often the buckets are summed up. Who reads sums anyway. Quantiles of it are the same.
CREATE AGGREGATE weir_concat(anycompatiblearray) (SFUNC = array_cat, STYPE = anycompatiblearray, PARALLEL = SAFE);

-- How long a sketch may grow before its buckets are summed up.
CREATE FUNCTION weir_sketch_room() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 384;

-- Gives names to values of tags that are new, within the bounds. Only while there is something to name does it take a
-- lock, and read again behind it.
CREATE FUNCTION weir_name_tags(wanted usage_tag_values[]) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  keys_a_day constant integer := 100;
  values_a_key constant integer := 1000;
BEGIN
  IF NOT EXISTS (
    SELECT FROM unnest(wanted) AS w
    WHERE NOT EXISTS (
        SELECT FROM usage_tag_values AS v
        WHERE v.day = w.day AND v.tag_key = w.tag_key AND v.tag_value = w.tag_value)
      AND CASE
        WHEN EXISTS (SELECT FROM usage_tag_keys AS k WHERE k.day = w.day AND k.tag_key = w.tag_key)
        THEN (SELECT count(*) FROM usage_tag_values AS v WHERE v.day = w.day AND v.tag_key = w.tag_key) < values_a_key
        ELSE (SELECT count(*) FROM usage_tag_keys AS k WHERE k.day = w.day) < keys_a_day END) THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('weir_usage_tags'));
  INSERT INTO usage_tag_keys (day, tag_key)
  SELECT day, tag_key
  FROM (
    SELECT
      day, tag_key,
      row_number() OVER (PARTITION BY day ORDER BY tag_key)
        + (SELECT count(*) FROM usage_tag_keys AS k WHERE k.day = w.day) AS place
    FROM (SELECT DISTINCT day, tag_key FROM unnest(wanted)) AS w
    WHERE NOT EXISTS (SELECT FROM usage_tag_keys AS k WHERE k.day = w.day AND k.tag_key = w.tag_key)
  ) AS fresh
  WHERE place <= keys_a_day;
  INSERT INTO usage_tag_values (day, tag_key, tag_value)
  SELECT day, tag_key, tag_value
  FROM (
    SELECT
      w.day, w.tag_key, w.tag_value,
      row_number() OVER (PARTITION BY w.day, w.tag_key ORDER BY w.tag_value)
        + (SELECT count(*) FROM usage_tag_values AS v WHERE v.day = w.day AND v.tag_key = w.tag_key) AS place
    FROM unnest(wanted) AS w JOIN usage_tag_keys AS k ON k.day = w.day AND k.tag_key = w.tag_key
    WHERE NOT EXISTS (
      SELECT FROM usage_tag_values AS v
      WHERE v.day = w.day AND v.tag_key = w.tag_key AND v.tag_value = w.tag_value)
  ) AS fresh
  WHERE place <= values_a_key;
END
$$;

DO $migration$
DECLARE
  add_sketch constant text := $sql$
    latency_index = CASE
      WHEN cardinality(kept.latency_index) + cardinality(excluded.latency_index) <= weir_sketch_room()
      THEN kept.latency_index || excluded.latency_index
      ELSE (weir_sketch_merge(kept.latency_index, kept.latency_count, excluded.latency_index, excluded.latency_count)).index END,
    latency_count = CASE
      WHEN cardinality(kept.latency_index) + cardinality(excluded.latency_index) <= weir_sketch_room()
      THEN kept.latency_count || excluded.latency_count
      ELSE (weir_sketch_merge(kept.latency_index, kept.latency_count, excluded.latency_index, excluded.latency_count)).count END
$sql$;
  dimensions constant text := 'function_name, function_version, experiment, variant, provider, model, cache_status, simulated';
  counters constant text[] := ARRAY['calls', 'errors', 'cancelled', 'interrupted', 'retries', 'prompt_tokens',
    'completion_tokens', 'prompt_tokens_cached', 'reasoning_tokens', 'searches', 'cost_usd', 'provider_cost_usd',
    'unpriced_calls', 'latency_ms_sum'];
  user_counters constant text[] := ARRAY['calls', 'errors', 'cache_hits', 'prompt_tokens', 'completion_tokens',
    'prompt_tokens_cached', 'reasoning_tokens', 'searches', 'cost_usd', 'provider_cost_usd', 'unpriced_calls'];
  grain record;
  fold text := '';
  source text;
  body text;
BEGIN
  FOR grain IN
    SELECT * FROM (VALUES
      ('usage_hourly', 'hour', 'hour'),
      ('usage_function_days', 'day', '(hour AT TIME ZONE ''UTC'')::date'),
      ('usage_function_months', 'month', 'date_trunc(''month'', hour AT TIME ZONE ''UTC'')::date')
    ) AS g (name, key, value)
  LOOP
    fold := fold || format($sql$
  INSERT INTO %1$I AS kept (%2$I, %3$s, %4$s, latency_index, latency_count)
  SELECT %5$s, %3$s, %6$s, weir_concat(latency_index), weir_concat(latency_count)
  FROM unnest(folded)
  GROUP BY 1, %3$s
  ORDER BY 1, %3$s
  ON CONFLICT (%2$I, %3$s) DO UPDATE SET
    %7$s,
    %8$s;
$sql$,
      grain.name, grain.key, dimensions,
      array_to_string(counters, ', '),
      grain.value,
      (SELECT string_agg(format('sum(%I)', c), ', ') FROM unnest(counters) AS c),
      (SELECT string_agg(format('%1$I = kept.%1$I + excluded.%1$I', c), ', ') FROM unnest(counters) AS c),
      add_sketch);
  END LOOP;
  fold := fold || format($sql$
  INSERT INTO usage_latency_months AS kept (month, function_name, provider, model, latency_index, latency_count)
  SELECT
    date_trunc('month', hour AT TIME ZONE 'UTC')::date, function_name, provider, model, weir_concat(latency_index),
    weir_concat(latency_count)
  FROM unnest(folded)
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (month, function_name, provider, model) DO UPDATE SET
    %s;
$sql$,
    add_sketch);

  -- One body for both triggers, over the rows that came (sign 1) and those that went (sign -1).
  body := $sql$
DECLARE
  folded usage_hourly[];
BEGIN
  folded := ARRAY(
    SELECT ROW(
      date_trunc('hour', started_at, 'UTC'), function_name, function_version, coalesce(experiment, ''), coalesce(variant, ''),
      provider, model, cache_status, simulated,
      sum(sign),
      sum(CASE WHEN status = 'error' THEN sign ELSE 0 END),
      sum(CASE WHEN status = 'cancelled' THEN sign ELSE 0 END),
      sum(CASE WHEN status = 'interrupted' THEN sign ELSE 0 END),
      sum(sign * retry_count), sum(sign * prompt_tokens), sum(sign * completion_tokens), sum(sign * prompt_tokens_cached),
      sum(sign * reasoning_tokens), sum(sign * search_count),
      coalesce(sum(CASE WHEN sign = 1 THEN cost_usd ELSE -cost_usd END), 0),
      coalesce(sum(CASE WHEN sign = 1 THEN provider_cost_usd ELSE -provider_cost_usd END), 0),
      sum(CASE WHEN cost_usd IS NULL THEN sign ELSE 0 END),
      sum(CASE WHEN status IN ('ok', 'error') THEN sign * execution_time_ms ELSE 0 END),
      coalesce(array_agg(weir_sketch_index(execution_time_ms)) FILTER (WHERE status IN ('ok', 'error')), '{}'),
      coalesce(array_agg(sign::bigint) FILTER (WHERE status IN ('ok', 'error')), '{}')
    )::usage_hourly
    FROM %1$s
    GROUP BY date_trunc('hour', started_at, 'UTC'), function_name, function_version, coalesce(experiment, ''),
      coalesce(variant, ''), provider, model, cache_status, simulated);
  IF cardinality(folded) = 0 THEN
    RETURN NULL;
  END IF;
  INSERT INTO usage_daily AS kept (
    day, billing_month, user_id, team_id, key_id, function_name, provider, model, simulated, %3$s)
  SELECT
    (started_at AT TIME ZONE 'UTC')::date, billing_month, user_id, coalesce(team_id, ''), coalesce(key_id::text, ''),
    function_name, provider, model, simulated,
    sum(sign),
    sum(CASE WHEN status <> 'ok' THEN sign ELSE 0 END),
    sum(CASE WHEN cache_status IN ('hit', 'semantic', 'stale', 'coalesced') THEN sign ELSE 0 END),
    sum(sign * prompt_tokens), sum(sign * completion_tokens), sum(sign * prompt_tokens_cached),
    sum(sign * reasoning_tokens), sum(sign * search_count),
    coalesce(sum(CASE WHEN sign = 1 THEN cost_usd ELSE -cost_usd END), 0),
      coalesce(sum(CASE WHEN sign = 1 THEN provider_cost_usd ELSE -provider_cost_usd END), 0),
    sum(CASE WHEN cost_usd IS NULL THEN sign ELSE 0 END)
  FROM %1$s
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ORDER BY 3, 1, 2, 4, 5, 6, 7, 8, 9
  ON CONFLICT (user_id, day, billing_month, team_id, key_id, function_name, provider, model, simulated)
  DO UPDATE SET %4$s;

  IF EXISTS (SELECT FROM %1$s WHERE tags <> '{}') THEN
    PERFORM weir_name_tags(ARRAY(
      SELECT DISTINCT ROW(seen.day, tag.key, tag.value)::usage_tag_values
      FROM (SELECT DISTINCT (started_at AT TIME ZONE 'UTC')::date AS day, tags FROM %1$s WHERE tags <> '{}') AS seen
      CROSS JOIN LATERAL jsonb_each_text(seen.tags) AS tag));
    -- Calls with the same tags are summed up before their tags are taken apart: there are many of the former.
    INSERT INTO usage_tag_days AS kept (
      day, billing_month, tag_key, tag_value, function_name, provider, model, simulated, %3$s)
    SELECT
      alike.day, billing_month, coalesce(named_key.tag_key, '(other)'), coalesce(named.tag_value, '(other)'), function_name,
      provider, model, simulated,
      sum(calls), sum(errors), sum(cache_hits), sum(prompt_tokens), sum(completion_tokens), sum(prompt_tokens_cached),
      sum(reasoning_tokens), sum(searches), sum(cost_usd), sum(provider_cost_usd), sum(unpriced_calls)
    FROM (
      SELECT
        (started_at AT TIME ZONE 'UTC')::date AS day, billing_month, tags, function_name, provider, model, simulated,
        sum(sign) AS calls,
        sum(CASE WHEN status <> 'ok' THEN sign ELSE 0 END) AS errors,
        sum(CASE WHEN cache_status IN ('hit', 'semantic', 'stale', 'coalesced') THEN sign ELSE 0 END) AS cache_hits,
        sum(sign * prompt_tokens) AS prompt_tokens, sum(sign * completion_tokens) AS completion_tokens,
        sum(sign * prompt_tokens_cached) AS prompt_tokens_cached, sum(sign * reasoning_tokens) AS reasoning_tokens,
        sum(sign * search_count) AS searches,
        coalesce(sum(CASE WHEN sign = 1 THEN cost_usd ELSE -cost_usd END), 0) AS cost_usd,
        coalesce(sum(CASE WHEN sign = 1 THEN provider_cost_usd ELSE -provider_cost_usd END), 0) AS provider_cost_usd,
        sum(CASE WHEN cost_usd IS NULL THEN sign ELSE 0 END) AS unpriced_calls
      FROM %1$s
      WHERE tags <> '{}'
      GROUP BY 1, 2, 3, 4, 5, 6, 7) AS alike
    CROSS JOIN LATERAL jsonb_each_text(alike.tags) AS tag
    LEFT JOIN usage_tag_keys AS named_key ON named_key.day = alike.day AND named_key.tag_key = tag.key
    LEFT JOIN usage_tag_values AS named
      ON named.day = alike.day AND named.tag_key = tag.key AND named.tag_value = tag.value
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    ORDER BY 3, 1, 4, 2, 5, 6, 7, 8
    ON CONFLICT (tag_key, day, tag_value, billing_month, function_name, provider, model, simulated)
    DO UPDATE SET %4$s;
  END IF;
%2$s
  RETURN NULL;
END
$sql$;

  FOR source IN SELECT unnest(ARRAY[
    'INSERT (SELECT 1::bigint AS sign, a.* FROM added AS a)',
    'UPDATE (SELECT 1::bigint AS sign, a.* FROM added AS a UNION ALL SELECT -1::bigint, r.* FROM removed AS r)'])
  LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql AS %L',
      CASE WHEN source LIKE 'INSERT%' THEN 'weir_usage_inserted' ELSE 'weir_usage_updated' END,
      format(body,
        substr(source, 8) || ' AS change',
        fold,
        array_to_string(user_counters, ', '),
        (SELECT string_agg(format('%1$I = kept.%1$I + excluded.%1$I', c), ', ') FROM unnest(user_counters) AS c)));
  END LOOP;
END
$migration$;

DROP FUNCTION weir_fold_usage;

-- What there is by hour already, by day and month.
DO $$
DECLARE
  grain record;
BEGIN
  FOR grain IN
    SELECT * FROM (VALUES
      ('usage_function_days', '(hour AT TIME ZONE ''UTC'')::date'),
      ('usage_function_months', 'date_trunc(''month'', hour AT TIME ZONE ''UTC'')::date')
    ) AS g (name, value)
  LOOP
    EXECUTE format($sql$
      INSERT INTO %I
      SELECT
        %s, function_name, function_version, experiment, variant, provider, model, cache_status, simulated,
        sum(calls), sum(errors), sum(cancelled), sum(interrupted), sum(retries), sum(prompt_tokens), sum(completion_tokens),
        sum(prompt_tokens_cached), sum(reasoning_tokens), sum(searches), sum(cost_usd), sum(provider_cost_usd),
        sum(unpriced_calls), sum(latency_ms_sum), weir_concat(latency_index), weir_concat(latency_count)
      FROM usage_hourly
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    $sql$, grain.name, grain.value);
    EXECUTE format($sql$
      UPDATE %I SET (latency_index, latency_count) =
        (SELECT m.index, m.count FROM weir_sketch_merge(latency_index, latency_count, '{}', '{}') AS m)
    $sql$, grain.name);
  END LOOP;
END
$$;

INSERT INTO usage_latency_months
SELECT f.month, f.function_name, f.provider, f.model, m.index, m.count
FROM (
  SELECT month, function_name, provider, model, weir_concat(latency_index) AS index, weir_concat(latency_count) AS count
  FROM usage_function_months
  GROUP BY 1, 2, 3, 4
) AS f
CROSS JOIN LATERAL weir_sketch_merge(f.index, f.count, '{}', '{}') AS m;

-- The same columns as before, from the grain by day.
CREATE OR REPLACE VIEW function_performance_metrics WITH (security_invoker = true) AS
WITH buckets AS (
  SELECT u.day, u.function_name, u.function_version, bucket.i, sum(bucket.c)::bigint AS c
  FROM usage_function_days AS u CROSS JOIN LATERAL unnest(u.latency_index, u.latency_count) AS bucket (i, c)
  GROUP BY 1, 2, 3, 4
),
sketches AS (
  SELECT day, function_name, function_version, array_agg(i ORDER BY i) AS index, array_agg(c ORDER BY i) AS count
  FROM buckets
  GROUP BY 1, 2, 3
),
totals AS (
  SELECT
    day, function_name, function_version,
    sum(calls) AS total_calls, sum(errors) AS error_count, sum(cancelled) AS cancelled_count,
    sum(interrupted) AS interrupted_count, sum(retries) AS retry_count,
    coalesce(sum(calls) FILTER (WHERE cache_status IN ('hit', 'semantic', 'stale', 'coalesced')), 0) AS cache_hits,
    sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS completion_tokens, sum(cost_usd) AS cost_usd,
    sum(latency_ms_sum) AS latency_ms_sum
  FROM usage_function_days
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
