-- What the operators and the background jobs keep. No user's data here: access is by grants alone, and nothing of it is
-- granted to weir_app but the prices.

CREATE TABLE prices (
  provider text NOT NULL,
  model text NOT NULL,
  effective_from timestamptz NOT NULL,
  -- A price by prompt size: the row with the largest value that the prompt reaches.
  from_prompt_tokens bigint NOT NULL DEFAULT 0 CHECK (from_prompt_tokens >= 0),
  -- USD per million tokens. NULL: charged as input (cached and written ones) or as output (reasoning).
  input_usd numeric(20, 9) NOT NULL CHECK (input_usd >= 0),
  output_usd numeric(20, 9) NOT NULL CHECK (output_usd >= 0),
  cached_input_usd numeric(20, 9) CHECK (cached_input_usd >= 0),
  -- Written to the provider's cache, by time to live: {"5m": 3.75, "1h": 6}
  cache_write_usd jsonb NOT NULL DEFAULT '{}',
  reasoning_usd numeric(20, 9) CHECK (reasoning_usd >= 0),
  -- USD each.
  request_usd numeric(20, 9) NOT NULL DEFAULT 0 CHECK (request_usd >= 0),
  search_usd numeric(20, 9) NOT NULL DEFAULT 0 CHECK (search_usd >= 0),
  -- The most that fees of one call can come to; NULL where nobody knows (such a route needs max_cost_usd).
  max_fees_usd numeric(20, 9) CHECK (max_fees_usd >= 0),
  source text NOT NULL DEFAULT 'file',
  PRIMARY KEY (provider, model, effective_from, from_prompt_tokens)
);
GRANT SELECT ON prices TO weir_app, weir_ledger;
GRANT SELECT, INSERT, UPDATE, DELETE ON prices TO weir_jobs, weir_admin;

CREATE TABLE health_metrics (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  metric_name text NOT NULL,
  metric_value double precision NOT NULL,
  threshold_warning double precision,
  threshold_critical double precision,
  status text NOT NULL CHECK (status IN ('healthy', 'warning', 'critical')),
  node_name text NOT NULL DEFAULT '',
  labels jsonb NOT NULL DEFAULT '{}',
  recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX health_metrics_latest ON health_metrics (metric_name, node_name, recorded_at DESC);
CREATE INDEX health_metrics_age ON health_metrics (recorded_at);
GRANT SELECT, INSERT, DELETE ON health_metrics TO weir_jobs;
GRANT SELECT ON health_metrics TO weir_admin;

CREATE TABLE alert_configurations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  alert_name text NOT NULL UNIQUE CHECK (length(alert_name) BETWEEN 1 AND 200),
  condition jsonb NOT NULL,
  notification_channel jsonb NOT NULL DEFAULT '[]',
  severity text NOT NULL DEFAULT 'warning' CHECK (severity IN ('info', 'warning', 'critical')),
  is_enabled boolean NOT NULL DEFAULT true,
  cooldown interval NOT NULL DEFAULT '15 minutes',
  silenced_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON alert_configurations TO weir_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_configurations TO weir_admin;

CREATE TABLE alert_events (
  id uuid PRIMARY KEY,
  alert_name text NOT NULL,
  state text NOT NULL CHECK (state IN ('firing', 'resolved')),
  detail jsonb NOT NULL DEFAULT '{}',
  fired_at timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz,
  notified_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  last_failure text
);
CREATE UNIQUE INDEX alert_events_one_firing ON alert_events (alert_name) WHERE state = 'firing';
CREATE INDEX alert_events_age ON alert_events (fired_at DESC);
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_events TO weir_jobs;
GRANT SELECT ON alert_events TO weir_admin;

-- Who leads a background job. The fence grows with every change of leader: a leader that was paused past its time finds
-- that its number is no longer the one in the row, and must not write.
CREATE TABLE job_leases (
  job_name text PRIMARY KEY,
  holder text NOT NULL,
  fence bigint NOT NULL DEFAULT 1,
  expires_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON job_leases TO weir_jobs;
GRANT SELECT ON job_leases TO weir_admin;

-- Takes or renews the leadership of a job; the fence, or NULL while another holds it.
CREATE FUNCTION weir_lead(job text, candidate text, time_to_live interval) RETURNS bigint
  LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  current job_leases;
BEGIN
  INSERT INTO job_leases (job_name, holder, fence, expires_at)
  VALUES (job, candidate, 0, '-infinity') ON CONFLICT DO NOTHING;
  SELECT * INTO current FROM job_leases WHERE job_name = job FOR UPDATE;
  -- The clock is read after the lock: now() may lie before the end of a lease that was renewed while we waited.
  IF current.expires_at > clock_timestamp() AND current.holder <> candidate THEN
    RETURN NULL;
  END IF;
  IF current.expires_at <= clock_timestamp() OR current.holder <> candidate THEN
    current.fence := current.fence + 1;
  END IF;
  UPDATE job_leases SET holder = candidate, fence = current.fence, expires_at = clock_timestamp() + time_to_live
  WHERE job_name = job;
  RETURN current.fence;
END
$$;
REVOKE EXECUTE ON FUNCTION weir_lead FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weir_lead TO weir_jobs;

-- Fails the leader's transaction unless it still leads, and keeps it leading until that transaction ends.
CREATE FUNCTION weir_require_fence(job text, expected bigint) RETURNS void
  LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM 1 FROM job_leases WHERE job_name = job FOR SHARE;
  IF NOT EXISTS (
    SELECT FROM job_leases WHERE job_name = job AND fence = expected AND expires_at > clock_timestamp()) THEN
    RAISE EXCEPTION 'job % is led by another', job USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION weir_require_fence FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weir_require_fence TO weir_jobs;
