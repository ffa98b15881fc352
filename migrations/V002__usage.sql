-- One row per admitted call, partitioned by month.
--
-- There is no DEFAULT partition: rows that fell into one would make attaching a later month fail. The writer clamps a time
-- outside of partition_spans into it and sets time_clamped. Bounds carry +00, or a session's time zone would shift them.

CREATE TABLE ai_usage_metrics (
  -- The gateway's own id of the call (x-request-id), UUIDv7.
  id uuid NOT NULL,
  -- Anchored to database time and written once; never recomputed, since it is half of the key.
  started_at timestamptz NOT NULL,
  -- The first day of the month, in UTC, to which the call's money belongs.
  billing_month date NOT NULL CHECK (extract(day FROM billing_month) = 1),
  time_clamped boolean NOT NULL DEFAULT false,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  user_id text NOT NULL,
  key_id uuid,
  team_id text,
  lease_id uuid,
  function_name text NOT NULL,
  function_version text NOT NULL DEFAULT '',
  experiment text,
  variant text,
  -- Empty until a model was asked; those of the last attempt.
  provider text NOT NULL DEFAULT '',
  model text NOT NULL DEFAULT '',
  status text NOT NULL CHECK (status IN ('ok', 'error', 'cancelled', 'interrupted')),
  error_code text,
  execution_time_ms bigint NOT NULL CHECK (execution_time_ms >= 0),
  time_to_first_byte_ms bigint CHECK (time_to_first_byte_ms >= 0),
  retry_count integer NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
  prompt_tokens bigint NOT NULL DEFAULT 0 CHECK (prompt_tokens >= 0),
  completion_tokens bigint NOT NULL DEFAULT 0 CHECK (completion_tokens >= 0),
  -- Parts of the two above, not in addition to them.
  prompt_tokens_cached bigint NOT NULL DEFAULT 0 CHECK (prompt_tokens_cached >= 0),
  reasoning_tokens bigint NOT NULL DEFAULT 0 CHECK (reasoning_tokens >= 0),
  search_count bigint NOT NULL DEFAULT 0 CHECK (search_count >= 0),
  -- Tokens were counted by us because the provider reported none (a cancelled stream, a crash).
  estimated boolean NOT NULL DEFAULT false,
  -- By our prices; NULL where the model has none. provider_cost_usd is the provider's own figure.
  cost_usd numeric(20, 9),
  provider_cost_usd numeric(20, 9),
  cache_status text NOT NULL DEFAULT 'off'
    CHECK (cache_status IN ('hit', 'semantic', 'stale', 'coalesced', 'miss', 'refresh', 'off')),
  repairs integer NOT NULL DEFAULT 0 CHECK (repairs >= 0),
  -- The caller's id; may repeat, and is a key to nothing.
  correlation_id text,
  streamed boolean NOT NULL DEFAULT false,
  -- Answered by the sandbox.
  simulated boolean NOT NULL DEFAULT false,
  door text NOT NULL DEFAULT 'http',
  tags jsonb NOT NULL DEFAULT '{}',
  -- [{id, provider, model, status, error_code, ms, prompt_tokens, completion_tokens, cost_usd, provider_cost_usd}]
  attempts jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX ai_usage_metrics_user ON ai_usage_metrics (user_id, started_at DESC);
CREATE INDEX ai_usage_metrics_function ON ai_usage_metrics (function_name, started_at DESC);

ALTER TABLE ai_usage_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE ai_usage_metrics FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON ai_usage_metrics FOR SELECT TO weir_app USING (user_id = weir_user());
CREATE POLICY ledger ON ai_usage_metrics TO weir_ledger USING (true) WITH CHECK (true);
CREATE POLICY jobs ON ai_usage_metrics TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON ai_usage_metrics FOR SELECT TO weir_admin USING (true);
GRANT SELECT ON ai_usage_metrics TO weir_app, weir_admin;
-- UPDATE: a finish that arrives after its call was recorded as interrupted replaces it.
GRANT SELECT, INSERT, UPDATE ON ai_usage_metrics TO weir_ledger;
-- Erasure keeps the money and forgets the person.
GRANT SELECT, UPDATE (user_id, key_id, correlation_id, tags) ON ai_usage_metrics TO weir_jobs;

-- Refusals make no usage rows: exact counters, and a sample to answer "why was I limited".
CREATE TABLE admission_refusals (
  minute timestamptz NOT NULL CHECK (minute = date_trunc('minute', minute, 'UTC')),
  -- Empty where the caller was not known yet.
  user_id text NOT NULL,
  function_name text NOT NULL,
  code text NOT NULL,
  refusals bigint NOT NULL CHECK (refusals > 0),
  PRIMARY KEY (minute, user_id, function_name, code)
) PARTITION BY RANGE (minute);
CREATE INDEX admission_refusals_user ON admission_refusals (user_id, minute DESC);

-- Bounded by its key: the n-th refusal of a user overwrites slot n modulo 20.
CREATE TABLE admission_refusal_samples (
  user_id text NOT NULL,
  slot smallint NOT NULL CHECK (slot BETWEEN 0 AND 19),
  request_id uuid NOT NULL,
  refused_at timestamptz NOT NULL,
  function_name text NOT NULL,
  code text NOT NULL,
  -- Which limit, how much of it was used, when it is worth coming back.
  reason jsonb NOT NULL,
  correlation_id text,
  PRIMARY KEY (user_id, slot)
);

-- Records that the database refused, with the reason; they never hold up the batch they came in.
CREATE TABLE usage_rejects (
  id uuid PRIMARY KEY,
  user_id text NOT NULL,
  rejected_at timestamptz NOT NULL DEFAULT now(),
  reason text NOT NULL,
  record text NOT NULL
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['admission_refusals', 'admission_refusal_samples', 'usage_rejects'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own ON %I FOR SELECT TO weir_app USING (user_id = weir_user())', name);
    EXECUTE format('CREATE POLICY ledger ON %I TO weir_ledger USING (true) WITH CHECK (true)', name);
    EXECUTE format('CREATE POLICY jobs ON %I TO weir_jobs USING (true) WITH CHECK (true)', name);
    EXECUTE format('CREATE POLICY admin ON %I FOR SELECT TO weir_admin USING (true)', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO weir_ledger', name);
    EXECUTE format('GRANT SELECT, DELETE ON %I TO weir_jobs', name);
    EXECUTE format('GRANT SELECT ON %I TO weir_admin', name);
  END LOOP;
END
$$;
GRANT SELECT ON admission_refusals, admission_refusal_samples TO weir_app;
GRANT UPDATE (user_id) ON admission_refusals TO weir_jobs;

-- What partitions exist: the writer clamps times to it.
CREATE TABLE partition_spans (
  table_name text NOT NULL,
  partition_name text NOT NULL UNIQUE,
  begins timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  PRIMARY KEY (table_name, begins)
);
GRANT SELECT ON partition_spans TO weir_ledger, weir_jobs, weir_admin;

-- Makes the partitions from last month to so many months ahead, where they are absent; returns how many it made. Run
-- daily by a job. As its owner's, since the roles that call it own nothing. A new table is attached rather than created as
-- a partition: that lets writers of the other partitions go on.
CREATE FUNCTION weir_make_partitions(months_ahead integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  parent text;
  child text;
  month date;
  starts timestamptz;
  ends timestamptz;
  made integer := 0;
BEGIN
  IF months_ahead NOT BETWEEN 0 AND 24 THEN
    RAISE EXCEPTION 'months_ahead must be 0 to 24';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('weir_partitions'));
  FOREACH parent IN ARRAY ARRAY['ai_usage_metrics', 'admission_refusals'] LOOP
    FOR n IN -1 .. months_ahead LOOP
      month := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n))::date;
      child := parent || to_char(month, '"_"YYYY"_"MM');
      CONTINUE WHEN to_regclass('public.' || child) IS NOT NULL;
      starts := month::timestamp AT TIME ZONE 'UTC';
      ends := (month + interval '1 month') AT TIME ZONE 'UTC';
      EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
      -- A partition is reached through its parent, under the parent's policies. It has none and is granted to nobody.
      EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', child);
      EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', child);
      EXECUTE format(
        'ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        parent, child,
        to_char(month, 'YYYY-MM-DD" 00:00:00+00"'),
        to_char(month + interval '1 month', 'YYYY-MM-DD" 00:00:00+00"'));
      INSERT INTO public.partition_spans VALUES (parent, child, starts, ends);
      made := made + 1;
    END LOOP;
  END LOOP;
  RETURN made;
END
$$;
REVOKE EXECUTE ON FUNCTION weir_make_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weir_make_partitions TO weir_ledger, weir_jobs;

-- Drops the partitions that ended more than so many months ago; returns how many. The roll-ups stay.
CREATE FUNCTION weir_drop_partitions(months_kept integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  span record;
  dropped integer := 0;
BEGIN
  IF months_kept < 1 THEN
    RAISE EXCEPTION 'months_kept must be 1 or more';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('weir_partitions'));
  FOR span IN
    SELECT * FROM public.partition_spans s WHERE s.ends < now() - make_interval(months => months_kept)
  LOOP
    EXECUTE format('DROP TABLE public.%I', span.partition_name);
    DELETE FROM public.partition_spans s WHERE s.partition_name = span.partition_name;
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;
REVOKE EXECUTE ON FUNCTION weir_drop_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weir_drop_partitions TO weir_jobs;

SELECT weir_make_partitions(3);
