-- Forecast and anomaly: what the jobs remember, and two small indexes by which they look.

-- Errors of forecasts, pooled over users or functions, for a subject whose own history is too short to tell its interval.
-- Nobody's errors are in it as such: for each of 31 days ahead the 39 quantiles of all of them, in units of a day's spend.
CREATE TABLE forecast_pool (
  kind text PRIMARY KEY CHECK (kind IN ('user', 'function')),
  computed_at timestamptz NOT NULL DEFAULT now(),
  -- How many users or functions they come from; fewer than five are never pooled.
  series integer NOT NULL CHECK (series >= 5),
  -- The first quantile of all days, then the second, ...
  errors double precision[] NOT NULL CHECK (cardinality(errors) = 39 * 31)
);
GRANT SELECT ON forecast_pool TO weir_app, weir_admin;
GRANT SELECT, INSERT, UPDATE ON forecast_pool TO weir_jobs;

-- The detector's memory, one row per user or function that spent within four weeks. Statistics, not books: doubles.
CREATE TABLE anomaly_series (
  series_kind text NOT NULL CHECK (series_kind IN ('user', 'function')),
  series_id text NOT NULL,
  -- The last minute that was learnt, counted from 1970.
  minute bigint NOT NULL,
  cost double precision NOT NULL,
  exposure double precision NOT NULL,
  minutes double precision NOT NULL,
  spread double precision NOT NULL,
  hours double precision NOT NULL,
  bursts double precision NOT NULL,
  hour_sum double precision NOT NULL,
  last_burst double precision NOT NULL,
  evidence double precision NOT NULL,
  excess double precision NOT NULL,
  firing boolean NOT NULL DEFAULT false,
  user_id text GENERATED ALWAYS AS (CASE WHEN series_kind = 'user' THEN series_id END) STORED,
  PRIMARY KEY (series_kind, series_id)
) WITH (fillfactor = 70);
CREATE INDEX anomaly_series_firing ON anomaly_series (series_kind, series_id) WHERE firing;

ALTER TABLE anomaly_series ENABLE ROW LEVEL SECURITY;
ALTER TABLE anomaly_series FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON anomaly_series FOR SELECT TO weir_app USING (user_id = weir_user());
CREATE POLICY jobs ON anomaly_series TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON anomaly_series FOR SELECT TO weir_admin USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON anomaly_series TO weir_jobs;
GRANT SELECT ON anomaly_series TO weir_admin;

-- Up to which moment of recorded_at the detector has read.
CREATE TABLE anomaly_watch (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  seen_until timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON anomaly_watch TO weir_jobs;

-- The newest minute of a big month. Rows are appended in the order of recorded_at, so a block range index of a few pages
-- finds it, and it costs the writer next to nothing.
CREATE INDEX ai_usage_metrics_recorded ON ai_usage_metrics USING brin (recorded_at) WITH (pages_per_range = 32);

-- What of a month's cost rests on our own count of tokens.
CREATE INDEX ai_usage_metrics_estimated ON ai_usage_metrics (billing_month, user_id, function_name) WHERE estimated;
