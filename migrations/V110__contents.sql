-- Contents of calls, where a function asked for it; and shadow runs, which send a share of calls to another version as well.

-- What was asked and answered. Only of functions that say `store`, for as long as they say.
CREATE TABLE stored_contents (
  -- The call's own id for a call; a new one for the answer of a shadow or an evaluation.
  id uuid PRIMARY KEY,
  user_id text NOT NULL,
  function_name text NOT NULL,
  function_version text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('call', 'shadow', 'evaluation')),
  -- The call whose input this answers once more, and the run that did so.
  source_id uuid,
  run_name text,
  -- The provider and the model that answered; '' if none did.
  model text NOT NULL DEFAULT '',
  input bytea NOT NULL,
  -- The function's value as JSON; absent if the call failed.
  output bytea,
  error_code text,
  -- What a person says that the answer should have been; for scorers.
  expected bytea,
  cost_usd numeric(20, 9) NOT NULL,
  latency_ms bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  CHECK ((output IS NULL) = (error_code IS NOT NULL)),
  CHECK ((kind = 'call') = (source_id IS NULL))
);
-- Lists: newest first, of all, of a user, of a function (its calls, its copies), of a run.
CREATE INDEX stored_contents_age ON stored_contents (created_at DESC, id DESC);
CREATE INDEX stored_contents_user ON stored_contents (user_id, created_at DESC, id DESC);
CREATE INDEX stored_contents_function ON stored_contents (function_name, created_at DESC, id DESC, kind);
CREATE INDEX stored_contents_run ON stored_contents (run_name, created_at DESC, id DESC) WHERE run_name IS NOT NULL;
CREATE INDEX stored_contents_source ON stored_contents (source_id) WHERE source_id IS NOT NULL;
CREATE INDEX stored_contents_expiry ON stored_contents (expires_at);

ALTER TABLE stored_contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE stored_contents FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON stored_contents TO weir_app USING (user_id = weir_user()) WITH CHECK (user_id = weir_user());
CREATE POLICY jobs ON stored_contents TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON stored_contents TO weir_admin USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON stored_contents TO weir_app;
GRANT SELECT, INSERT, DELETE ON stored_contents TO weir_jobs;
GRANT SELECT, UPDATE (expected), DELETE ON stored_contents TO weir_admin;

-- What was deleted lately, so that a content that still waits to be written on some node is not written after it: calls of all of
-- these (NULL is any) that ended until then. For a day; nothing waits that long.
CREATE TABLE content_deletions (
  deletion_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  content_id uuid,
  user_id text,
  function_name text,
  -- A second from now, since nodes carry on the database's time within a second.
  deleted_until timestamptz NOT NULL DEFAULT clock_timestamp() + interval '1 second',
  CHECK (num_nonnulls(content_id, user_id, function_name) > 0)
);
-- Of a content of a moment ago only the deletions of the last moment are looked at.
CREATE INDEX content_deletions_until ON content_deletions (deleted_until);

ALTER TABLE content_deletions ENABLE ROW LEVEL SECURITY;
ALTER TABLE content_deletions FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs ON content_deletions TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON content_deletions FOR INSERT TO weir_admin WITH CHECK (true);
GRANT SELECT, DELETE ON content_deletions TO weir_jobs;
GRANT INSERT ON content_deletions TO weir_admin;

CREATE TABLE shadow_runs (
  -- A name may be used again, a run is one: pairs and money are the run's.
  run_id uuid PRIMARY KEY,
  run_name text NOT NULL CHECK (run_name ~ '^[a-z][a-z0-9-]{0,62}$'),
  function_name text NOT NULL,
  function_version text NOT NULL,
  -- Of the calls that a provider answers.
  share numeric NOT NULL CHECK (share > 0 AND share <= 1),
  -- The user on whose account copies go; its one limit is the run's budget.
  account text NOT NULL UNIQUE,
  -- Of a run that was deleted the pairs are deleted in batches, then the run.
  status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'stopped', 'deleted')),
  created_by text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  ends_at timestamptz NOT NULL,
  stopped_at timestamptz,
  FOREIGN KEY (function_name, function_version) REFERENCES prompt_versions
);
CREATE UNIQUE INDEX shadow_runs_name ON shadow_runs (run_name) WHERE status <> 'deleted';
CREATE UNIQUE INDEX shadow_runs_one_running ON shadow_runs (function_name) WHERE status = 'running';
GRANT SELECT, INSERT, UPDATE (status, stopped_at) ON shadow_runs TO weir_admin;
GRANT SELECT, UPDATE (status, stopped_at), DELETE ON shadow_runs TO weir_jobs;

-- Calls that were drawn and have no pair, by the reason.
CREATE TABLE shadow_misses (
  run_id uuid NOT NULL REFERENCES shadow_runs ON DELETE CASCADE,
  reason text NOT NULL,
  calls bigint NOT NULL,
  PRIMARY KEY (run_id, reason)
);
GRANT SELECT ON shadow_misses TO weir_admin;
GRANT SELECT, INSERT, UPDATE ON shadow_misses TO weir_jobs;

-- A call and its copy, without a word of either.
CREATE TABLE shadow_pairs (
  run_id uuid NOT NULL,
  -- Ordered by the time of the call.
  request_id uuid NOT NULL,
  user_id text NOT NULL,
  called_at timestamptz NOT NULL,
  -- From when on the copies of all calls of that time have surely ended.
  settled_at timestamptz NOT NULL,
  live_version text NOT NULL,
  -- 'ok', or the code of the error.
  live_outcome text NOT NULL,
  shadow_outcome text NOT NULL,
  -- Whether both gave the same value; NULL unless both gave one.
  same boolean,
  live_ms bigint NOT NULL,
  shadow_ms bigint NOT NULL,
  live_cost_usd numeric(20, 9) NOT NULL,
  shadow_cost_usd numeric(20, 9) NOT NULL,
  live_output_tokens bigint NOT NULL,
  shadow_output_tokens bigint NOT NULL,
  PRIMARY KEY (run_id, request_id)
);
CREATE INDEX shadow_pairs_user ON shadow_pairs (user_id);
CREATE INDEX shadow_pairs_first ON shadow_pairs (run_id, user_id, request_id)
  INCLUDE (settled_at, live_version, live_outcome, shadow_outcome);

ALTER TABLE shadow_pairs ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadow_pairs FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON shadow_pairs FOR SELECT TO weir_app USING (user_id = weir_user());
CREATE POLICY jobs ON shadow_pairs TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON shadow_pairs FOR SELECT TO weir_admin USING (true);
GRANT SELECT ON shadow_pairs TO weir_app, weir_admin;
GRANT SELECT, INSERT, DELETE ON shadow_pairs TO weir_jobs;

-- Every node hears of a run that begins or ends.
CREATE FUNCTION weir_shadows_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('weir_shadows', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER shadow_runs_changed AFTER INSERT OR UPDATE OR DELETE ON shadow_runs
  FOR EACH STATEMENT EXECUTE FUNCTION weir_shadows_changed();

-- The tier of Weir's own accounts. An account's own budget stands above the tier's, which is nothing: without one, it may
-- spend nothing.
INSERT INTO tiers (name, usd_per_month) VALUES ('weir', 0) ON CONFLICT (name) DO UPDATE SET
  calls_per_month = NULL, calls_per_day = NULL, usd_per_month = 0, tokens_per_minute = NULL, calls_per_minute = NULL,
  concurrent_calls = NULL, when_storage_away = 'closed', away_calls = 0, away_usd = 0;
