-- Prompt versions, experiments and feedback, as docs/STATISTICS.md needs them.

CREATE TABLE prompt_versions (
  function_name text NOT NULL,
  function_version text NOT NULL,
  content_hash bytea NOT NULL,
  -- The function's file as it was read: description, template, model, parameters, schemas, policies.
  definition jsonb NOT NULL,
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  activated_at timestamptz,
  PRIMARY KEY (function_name, function_version)
);
GRANT SELECT ON prompt_versions TO weir_app, weir_ledger;
GRANT SELECT, INSERT, UPDATE (activated_at) ON prompt_versions TO weir_jobs, weir_admin;

CREATE TABLE experiments (
  experiment_name text PRIMARY KEY,
  function_name text NOT NULL,
  status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'running', 'suspended', 'stopped')),
  layer text NOT NULL DEFAULT 'default',
  salt text NOT NULL,
  -- Weights change only with a new epoch, for users first seen after it.
  epoch integer NOT NULL DEFAULT 1 CHECK (epoch >= 1),
  -- Fixed before the start: the primary metric, alpha, windows, guardrails, how epochs combine.
  plan jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  stopped_at timestamptz
);
GRANT SELECT ON experiments TO weir_app, weir_ledger;
GRANT SELECT, UPDATE (status, epoch, stopped_at) ON experiments TO weir_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON experiments TO weir_admin;

CREATE TABLE experiment_epochs (
  experiment_name text NOT NULL REFERENCES experiments ON DELETE CASCADE,
  epoch integer NOT NULL,
  began_at timestamptz NOT NULL DEFAULT now(),
  -- {variant: probability}
  weights jsonb NOT NULL,
  PRIMARY KEY (experiment_name, epoch)
);
GRANT SELECT ON experiment_epochs TO weir_app, weir_ledger;
GRANT SELECT, INSERT ON experiment_epochs TO weir_jobs, weir_admin;

-- One row per variant: what it changes, and the summary of experiment_units under the names its readers know.
CREATE TABLE prompt_experiments (
  experiment_name text NOT NULL REFERENCES experiments ON DELETE CASCADE,
  prompt_variant text NOT NULL,
  is_control boolean NOT NULL DEFAULT false,
  weight double precision NOT NULL DEFAULT 1 CHECK (weight >= 0),
  overrides jsonb NOT NULL DEFAULT '{}',
  switched_off_at timestamptz,
  switched_off_because text,
  user_count bigint NOT NULL DEFAULT 0,
  success_count bigint NOT NULL DEFAULT 0,
  total_count bigint NOT NULL DEFAULT 0,
  refused_count bigint NOT NULL DEFAULT 0,
  cancelled_count bigint NOT NULL DEFAULT 0,
  avg_latency_ms double precision NOT NULL DEFAULT 0,
  avg_token_count double precision NOT NULL DEFAULT 0,
  cost_usd numeric(20, 9) NOT NULL DEFAULT 0,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (experiment_name, prompt_variant)
);
CREATE UNIQUE INDEX prompt_experiments_one_control ON prompt_experiments (experiment_name) WHERE is_control;
GRANT SELECT ON prompt_experiments TO weir_app;
GRANT SELECT, UPDATE (user_count, success_count, total_count, refused_count, cancelled_count, avg_latency_ms, avg_token_count,
  cost_usd, changed_at) ON prompt_experiments TO weir_ledger;
GRANT SELECT, UPDATE ON prompt_experiments TO weir_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON prompt_experiments TO weir_admin;

-- The user is the unit of analysis: one row per user and experiment, folded exactly once by the writer of usage records.
CREATE TABLE experiment_units (
  experiment_name text NOT NULL,
  user_id text NOT NULL,
  first_variant text NOT NULL,
  -- The probability and the epoch at first exposure: effects are weighted by the one and compared within the other.
  probability double precision NOT NULL CHECK (probability > 0 AND probability <= 1),
  epoch integer NOT NULL,
  exposed_at timestamptz NOT NULL,
  window_ends_at timestamptz NOT NULL,
  -- The unit entered the test: its sums are final.
  closed_at timestamptz,
  trials bigint NOT NULL DEFAULT 0,
  successes bigint NOT NULL DEFAULT 0,
  cancelled bigint NOT NULL DEFAULT 0,
  refused bigint NOT NULL DEFAULT 0,
  not_trials bigint NOT NULL DEFAULT 0,
  cost_usd numeric(20, 9) NOT NULL DEFAULT 0,
  tokens bigint NOT NULL DEFAULT 0,
  latency_ms bigint NOT NULL DEFAULT 0,
  -- Over the user's trials; the products that variances and covariances within a user are made of.
  sum_cost_squared double precision NOT NULL DEFAULT 0,
  sum_tokens_squared double precision NOT NULL DEFAULT 0,
  sum_latency_squared double precision NOT NULL DEFAULT 0,
  sum_cost_success double precision NOT NULL DEFAULT 0,
  sum_latency_success double precision NOT NULL DEFAULT 0,
  first_trial_at timestamptz,
  first_trial_latency_ms bigint,
  first_trial_outcome text CHECK (first_trial_outcome IN ('success', 'failure', 'cancelled')),
  feedback_trials bigint NOT NULL DEFAULT 0,
  feedback_answers bigint NOT NULL DEFAULT 0,
  feedback_successes bigint NOT NULL DEFAULT 0,
  feedback_score double precision NOT NULL DEFAULT 0,
  PRIMARY KEY (experiment_name, user_id)
);
CREATE INDEX experiment_units_user ON experiment_units (user_id);
CREATE INDEX experiment_units_open ON experiment_units (window_ends_at) WHERE closed_at IS NULL;

ALTER TABLE experiment_units ENABLE ROW LEVEL SECURITY;
ALTER TABLE experiment_units FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON experiment_units FOR SELECT TO weir_app USING (user_id = weir_user());
CREATE POLICY ledger ON experiment_units TO weir_ledger USING (true) WITH CHECK (true);
CREATE POLICY jobs ON experiment_units TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON experiment_units FOR SELECT TO weir_admin USING (true);
GRANT SELECT ON experiment_units TO weir_app, weir_admin;
GRANT SELECT, INSERT, UPDATE ON experiment_units TO weir_ledger;
GRANT SELECT, UPDATE, DELETE ON experiment_units TO weir_jobs;

CREATE TABLE feedback (
  id uuid PRIMARY KEY,
  -- The call that is judged (ai_usage_metrics.id). No foreign key: it may arrive before the call's record does.
  request_id uuid NOT NULL,
  user_id text NOT NULL,
  success boolean,
  score double precision CHECK (score BETWEEN 0 AND 1),
  received_at timestamptz NOT NULL DEFAULT now(),
  -- Within the window a different answer replaces the one before; a late one is kept and changes no verdict.
  status text NOT NULL DEFAULT 'current' CHECK (status IN ('current', 'replaced', 'late')),
  -- Folded into experiment_units.
  folded_at timestamptz,
  CHECK (success IS NOT NULL OR score IS NOT NULL)
);
CREATE UNIQUE INDEX feedback_one_current ON feedback (request_id, user_id) WHERE status = 'current';
CREATE INDEX feedback_user ON feedback (user_id, received_at DESC);
CREATE INDEX feedback_unfolded ON feedback (received_at) WHERE folded_at IS NULL;

ALTER TABLE feedback ENABLE ROW LEVEL SECURITY;
ALTER TABLE feedback FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON feedback TO weir_app USING (user_id = weir_user()) WITH CHECK (user_id = weir_user());
CREATE POLICY ledger ON feedback TO weir_ledger USING (true) WITH CHECK (true);
CREATE POLICY jobs ON feedback TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON feedback FOR SELECT TO weir_admin USING (true);
GRANT SELECT, INSERT, UPDATE (status) ON feedback TO weir_app;
GRANT SELECT, UPDATE (status, folded_at) ON feedback TO weir_ledger;
GRANT SELECT, UPDATE, DELETE ON feedback TO weir_jobs;
GRANT SELECT ON feedback TO weir_admin;
