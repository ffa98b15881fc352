-- Experiments as they run: what a call is to its experiment stands in the call's row.

-- The epoch of the user's first exposure, and what the call is to the experiment (a trial and how it ended, or why it is
-- none): see Trial. Both are written once with the row, so that sums over them can be moved by exact differences.
ALTER TABLE ai_usage_metrics
  ADD COLUMN experiment_epoch integer CHECK (experiment_epoch >= 0),
  ADD COLUMN experiment_outcome text CHECK (experiment_outcome IN (
    'success', 'failure', 'cancelled', 'refused', 'hit', 'semantic', 'stale', 'coalesced', 'interrupted', 'switched_off',
    'override', 'shadow'));

-- ---------------------------------------------------------------------------------------------------------------------
-- The registry: immutable versions, whoever made them, and labels that point at them.

ALTER TABLE prompt_versions
  -- The function's file as it was written; definition is the same as a tree.
  ADD COLUMN source text,
  ADD COLUMN origin text NOT NULL DEFAULT 'file' CHECK (origin IN ('file', 'api')),
  ADD COLUMN author text NOT NULL DEFAULT '' CHECK (length(author) <= 200),
  ADD COLUMN note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
  -- The version that it was made from.
  ADD COLUMN parent_version text;

CREATE TABLE prompt_labels (
  function_name text NOT NULL,
  label text NOT NULL CHECK (label ~ '^[a-z][a-z0-9-]{0,62}$'),
  function_version text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text NOT NULL DEFAULT '',
  PRIMARY KEY (function_name, label),
  FOREIGN KEY (function_name, function_version) REFERENCES prompt_versions
);
GRANT SELECT ON prompt_labels TO weir_app, weir_ledger, weir_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON prompt_labels TO weir_admin;

-- Every move of a label, for people and for rollbacks. NULL is no version: for production, the function's file.
CREATE TABLE prompt_label_moves (
  id uuid PRIMARY KEY,
  function_name text NOT NULL,
  label text NOT NULL,
  from_version text,
  to_version text,
  moved_at timestamptz NOT NULL DEFAULT now(),
  moved_by text NOT NULL DEFAULT '',
  -- A rollback undoes a move and is none itself, so that two in a row go back two steps.
  rollback boolean NOT NULL DEFAULT false,
  note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000)
);
CREATE INDEX prompt_label_moves_label ON prompt_label_moves (function_name, label, moved_at DESC);
GRANT SELECT, INSERT ON prompt_label_moves TO weir_admin;

-- ---------------------------------------------------------------------------------------------------------------------
-- Experiments as they run.

ALTER TABLE experiments
  DROP CONSTRAINT experiments_status_check,
  ADD CONSTRAINT experiments_status_check CHECK (status IN ('draft', 'running', 'paused', 'stopped', 'concluded')),
  ADD COLUMN description text NOT NULL DEFAULT '' CHECK (length(description) <= 2000),
  -- The exclusion group: a user stands in one slot of a layer, and an experiment owns a range of slots.
  ADD COLUMN slot_from integer NOT NULL DEFAULT 0 CHECK (slot_from BETWEEN 0 AND 9999),
  ADD COLUMN slot_to integer NOT NULL DEFAULT 10000 CHECK (slot_to BETWEEN 1 AND 10000),
  ADD COLUMN mode text NOT NULL DEFAULT 'fixed' CHECK (mode IN ('fixed', 'bandit')),
  -- How long a user is watched after the first exposure, and how long after a call its feedback counts.
  ADD COLUMN unit_window interval NOT NULL DEFAULT '7 days' CHECK (unit_window > '0'),
  ADD COLUMN feedback_window interval NOT NULL DEFAULT '24 hours' CHECK (feedback_window >= '0'),
  -- How long after a window's end calls that are still under way may take to come to an end.
  ADD COLUMN settle interval NOT NULL DEFAULT '5 minutes' CHECK (settle >= '0'),
  -- A broken split: verdicts and weights stand still from here on.
  ADD COLUMN suspended_at timestamptz,
  ADD COLUMN suspended_because text,
  ADD COLUMN verdict jsonb,
  ADD COLUMN winner text,
  ADD COLUMN created_by text NOT NULL DEFAULT '',
  ADD CHECK (slot_from < slot_to);
GRANT UPDATE (suspended_at, suspended_because, verdict) ON experiments TO weir_jobs;

ALTER TABLE prompt_experiments
  -- The order in which the arms lie on the line that users are hashed to.
  ADD COLUMN place integer NOT NULL DEFAULT 0,
  -- Users of an epoch before this one belong to an arm that was switched off: they get control's behaviour, for good.
  ADD COLUMN off_before_epoch integer NOT NULL DEFAULT 0;

ALTER TABLE experiment_epochs
  ADD COLUMN reason text NOT NULL DEFAULT '';

ALTER TABLE experiment_units
  -- The arm was switched off, or the experiment stopped, before the window's end: the unit enters no comparison of windows.
  ADD COLUMN ended_early boolean NOT NULL DEFAULT false;
CREATE INDEX experiment_units_closed ON experiment_units (experiment_name, closed_at, window_ends_at, user_id)
  WHERE closed_at IS NOT NULL;

-- What was no trial, by its kind: answers from the cache, overrides, shadows, calls of switched-off arms; calls that came
-- after their unit was closed or after its window (late), and those of another arm than the unit's (crossed).
CREATE TABLE experiment_apart (
  experiment_name text NOT NULL REFERENCES experiments ON DELETE CASCADE,
  prompt_variant text NOT NULL,
  kind text NOT NULL,
  calls bigint NOT NULL,
  cost_usd numeric(20, 9) NOT NULL,
  PRIMARY KEY (experiment_name, prompt_variant, kind)
);
GRANT SELECT, INSERT, UPDATE ON experiment_apart TO weir_ledger, weir_jobs;
GRANT SELECT ON experiment_apart TO weir_admin;

-- Every change of weights and every verdict, with the data that it rests on.
CREATE TABLE experiment_decisions (
  id uuid PRIMARY KEY,
  experiment_name text NOT NULL REFERENCES experiments ON DELETE CASCADE,
  decided_at timestamptz NOT NULL DEFAULT now(),
  -- The id of an admin's key, or 'weir'.
  decided_by text NOT NULL,
  decision text NOT NULL,
  prompt_variant text,
  reason text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX experiment_decisions_newest ON experiment_decisions (experiment_name, decided_at DESC);
GRANT SELECT, INSERT ON experiment_decisions TO weir_jobs, weir_admin;

-- Replicas keep labels and experiments in memory.
CREATE FUNCTION weir_experiments_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('weir_experiments', TG_TABLE_NAME);
  RETURN NULL;
END
$$;
CREATE TRIGGER prompt_labels_changed AFTER INSERT OR UPDATE OR DELETE ON prompt_labels
  FOR EACH STATEMENT EXECUTE FUNCTION weir_experiments_changed();
CREATE TRIGGER experiments_changed
  AFTER INSERT OR DELETE OR UPDATE OF status, epoch, layer, slot_from, slot_to, function_name ON experiments
  FOR EACH STATEMENT EXECUTE FUNCTION weir_experiments_changed();
CREATE TRIGGER prompt_experiments_changed
  AFTER INSERT OR DELETE OR UPDATE OF weight, overrides, off_before_epoch ON prompt_experiments
  FOR EACH STATEMENT EXECUTE FUNCTION weir_experiments_changed();

-- ---------------------------------------------------------------------------------------------------------------------
-- The sums of users, kept by the statement that writes usage, after the roll-ups and the settlement. From the rows that it
-- really wrote: what came twice is not added twice, and a late end of an interrupted call moves them by the difference.
-- Where no row is part of an experiment this is one look at the batch.

-- Adds changes of calls, one row a call and sign, to the units. The units exist and are locked.
CREATE TYPE weir_unit_change AS (
  sign bigint,
  id uuid,
  experiment text,
  user_id text,
  variant text,
  outcome text,
  started_at timestamptz,
  cost numeric,
  tokens bigint,
  latency bigint,
  -- Of a late end: its call was counted once already, in whatever place.
  again boolean
);

CREATE FUNCTION weir_fold_units(changes weir_unit_change[]) RETURNS void
  LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  placed weir_unit_change[];
BEGIN
  PERFORM FROM experiment_units u
  WHERE (u.experiment_name, u.user_id) IN (SELECT DISTINCT c.experiment, c.user_id FROM unnest(changes) AS c)
  ORDER BY u.experiment_name, u.user_id
  FOR NO KEY UPDATE OF u;

  -- What a call is may depend on its unit; that of a removed row was decided in the same way when it came.
  placed := ARRAY(
    SELECT ROW(c.sign, c.id, c.experiment, c.user_id, c.variant,
      CASE
        WHEN c.outcome IN ('override', 'shadow', 'switched_off') THEN c.outcome
        WHEN u.user_id IS NULL OR u.first_variant <> c.variant THEN 'crossed'
        WHEN c.started_at >= u.window_ends_at THEN 'late'
        WHEN u.closed_at IS NOT NULL THEN CASE WHEN c.again THEN NULL ELSE 'late' END
        ELSE c.outcome
      END,
      c.started_at, c.cost, c.tokens, c.latency, c.again)::weir_unit_change
    FROM unnest(changes) AS c
    JOIN experiments AS e ON e.experiment_name = c.experiment
    LEFT JOIN experiment_units AS u ON u.experiment_name = c.experiment AND u.user_id = c.user_id);

  UPDATE experiment_units AS u SET
    trials = u.trials + s.trials,
    successes = u.successes + s.successes,
    cancelled = u.cancelled + s.cancelled,
    refused = u.refused + s.refused,
    not_trials = u.not_trials + s.not_trials,
    cost_usd = u.cost_usd + s.cost,
    tokens = u.tokens + s.tokens,
    latency_ms = u.latency_ms + s.latency,
    sum_cost_squared = u.sum_cost_squared + s.cost_squared,
    sum_tokens_squared = u.sum_tokens_squared + s.tokens_squared,
    sum_latency_squared = u.sum_latency_squared + s.latency_squared,
    sum_cost_success = u.sum_cost_success + s.cost_success,
    sum_latency_success = u.sum_latency_success + s.latency_success
  FROM (
    SELECT
      p.experiment, p.user_id,
      coalesce(sum(p.sign) FILTER (WHERE trial), 0) AS trials,
      coalesce(sum(p.sign) FILTER (WHERE p.outcome = 'success'), 0) AS successes,
      coalesce(sum(p.sign) FILTER (WHERE p.outcome = 'cancelled'), 0) AS cancelled,
      coalesce(sum(p.sign) FILTER (WHERE p.outcome = 'refused'), 0) AS refused,
      coalesce(sum(p.sign) FILTER (WHERE NOT trial AND p.outcome NOT IN ('cancelled', 'refused')), 0) AS not_trials,
      coalesce(sum(p.sign * p.cost) FILTER (WHERE trial OR p.outcome = 'cancelled'), 0) AS cost,
      coalesce(sum(p.sign * p.tokens) FILTER (WHERE trial), 0) AS tokens,
      coalesce(sum(p.sign * p.latency) FILTER (WHERE trial), 0) AS latency,
      coalesce(sum(p.sign * p.cost::double precision ^ 2) FILTER (WHERE trial), 0) AS cost_squared,
      coalesce(sum(p.sign * p.tokens::double precision ^ 2) FILTER (WHERE trial), 0) AS tokens_squared,
      coalesce(sum(p.sign * p.latency::double precision ^ 2) FILTER (WHERE trial), 0) AS latency_squared,
      coalesce(sum(p.sign * p.cost::double precision) FILTER (WHERE p.outcome = 'success'), 0) AS cost_success,
      coalesce(sum(p.sign * p.latency::double precision) FILTER (WHERE p.outcome = 'success'), 0) AS latency_success
    FROM (
      SELECT c.*, c.outcome IN ('success', 'failure') AS trial FROM unnest(placed) AS c
      WHERE c.outcome NOT IN ('override', 'shadow', 'switched_off', 'crossed', 'late')
    ) AS p
    GROUP BY p.experiment, p.user_id
  ) AS s
  WHERE u.experiment_name = s.experiment AND u.user_id = s.user_id;

  -- The first trial is that which came in first, in whatever order the calls ended.
  UPDATE experiment_units AS u SET
    first_trial_at = f.started_at,
    first_trial_latency_ms = f.latency,
    first_trial_outcome = f.outcome
  FROM (
    SELECT DISTINCT ON (c.experiment, c.user_id) c.experiment, c.user_id, c.started_at, c.latency, c.outcome
    FROM unnest(placed) AS c
    WHERE c.sign > 0 AND c.outcome IN ('success', 'failure', 'cancelled')
    ORDER BY c.experiment, c.user_id, c.started_at, c.id
  ) AS f
  WHERE u.experiment_name = f.experiment AND u.user_id = f.user_id
    AND (u.first_trial_at IS NULL OR f.started_at < u.first_trial_at);

  INSERT INTO experiment_apart AS kept (experiment_name, prompt_variant, kind, calls, cost_usd)
  SELECT c.experiment, c.variant, c.outcome, sum(c.sign), sum(c.sign * c.cost)
  FROM unnest(placed) AS c
  WHERE c.outcome NOT IN ('success', 'failure')
  GROUP BY 1, 2, 3
  HAVING sum(c.sign) <> 0 OR sum(c.sign * c.cost) <> 0
  ORDER BY 1, 2, 3
  ON CONFLICT (experiment_name, prompt_variant, kind)
  DO UPDATE SET calls = kept.calls + excluded.calls, cost_usd = kept.cost_usd + excluded.cost_usd;
END
$$;

CREATE FUNCTION weir_usage_inserted_units() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM added AS a WHERE a.experiment IS NOT NULL) THEN
    RETURN NULL;
  END IF;
  -- A user whose exposure was not written (its node died) is exposed by the first row.
  INSERT INTO experiment_units (experiment_name, user_id, first_variant, probability, epoch, exposed_at, window_ends_at)
  SELECT f.experiment, f.user_id, f.variant, f.probability, f.experiment_epoch, f.started_at, f.started_at + f.unit_window
  FROM (
    SELECT DISTINCT ON (a.experiment, a.user_id)
      a.experiment, a.user_id, a.variant, (p.weights ->> a.variant)::double precision AS probability, a.experiment_epoch,
      a.started_at, e.unit_window
    FROM added AS a
    JOIN experiments AS e ON e.experiment_name = a.experiment
    JOIN experiment_epochs AS p ON p.experiment_name = a.experiment AND p.epoch = a.experiment_epoch
    WHERE a.experiment_outcome NOT IN ('override', 'shadow', 'switched_off')
      AND (p.weights ->> a.variant)::double precision > 0
    ORDER BY a.experiment, a.user_id, a.started_at, a.id
  ) AS f
  ORDER BY f.experiment, f.user_id
  ON CONFLICT DO NOTHING;
  PERFORM weir_fold_units(ARRAY(
    SELECT ROW(1, a.id, a.experiment, a.user_id, a.variant, a.experiment_outcome, a.started_at, coalesce(a.cost_usd, 0),
      a.prompt_tokens + a.completion_tokens, a.execution_time_ms, false)::weir_unit_change
    FROM added AS a WHERE a.experiment IS NOT NULL AND a.experiment_outcome IS NOT NULL));
  RETURN NULL;
END
$$;
CREATE TRIGGER ai_usage_metrics_inserted_units AFTER INSERT ON ai_usage_metrics
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION weir_usage_inserted_units();

CREATE FUNCTION weir_usage_updated_units() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM added AS a WHERE a.experiment IS NOT NULL) THEN
    RETURN NULL;
  END IF;
  -- A row of another name (erasure) leaves the sums as they are: its unit is erased as a whole.
  PERFORM weir_fold_units(ARRAY(
    SELECT ROW(c.sign, c.id, c.experiment, c.user_id, c.variant, c.experiment_outcome, c.started_at, coalesce(c.cost_usd, 0),
      c.prompt_tokens + c.completion_tokens, c.execution_time_ms, true)::weir_unit_change
    FROM (
      SELECT 1::bigint AS sign, a.* FROM added AS a
      UNION ALL
      SELECT -1::bigint, r.* FROM removed AS r
    ) AS c
    JOIN added AS late ON late.id = c.id AND late.started_at = c.started_at AND late.user_id = c.user_id
    JOIN removed AS before ON before.id = c.id AND before.started_at = c.started_at AND before.user_id = c.user_id
    WHERE c.experiment IS NOT NULL AND c.experiment_outcome IS NOT NULL
      AND (late.experiment_outcome, late.cost_usd, late.prompt_tokens, late.completion_tokens, late.execution_time_ms)
        IS DISTINCT FROM
        (before.experiment_outcome, before.cost_usd, before.prompt_tokens, before.completion_tokens,
          before.execution_time_ms)));
  RETURN NULL;
END
$$;
CREATE TRIGGER ai_usage_metrics_updated_units AFTER UPDATE ON ai_usage_metrics
  REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION weir_usage_updated_units();
-- Re-pricing changes usage as weir_jobs, and the sums follow in its name.
GRANT SELECT ON experiment_units TO weir_jobs;

-- ---------------------------------------------------------------------------------------------------------------------
-- Feedback: of which call it is stands with it, so that a user's sums are made from the user's own rows alone.

ALTER TABLE feedback
  ADD COLUMN experiment_name text,
  -- The call was a trial of the user's own arm, and the answer came within the window.
  ADD COLUMN counts boolean NOT NULL DEFAULT false;
CREATE INDEX feedback_experiment ON feedback (experiment_name, user_id) WHERE experiment_name IS NOT NULL;

-- Makes the feedback sums of some units again, from what stands: done twice it changes nothing. A closed unit is final.
CREATE FUNCTION weir_fold_feedback(most integer) RETURNS integer
  LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  folded uuid[];
BEGIN
  WITH news AS (
    SELECT f.id FROM feedback AS f WHERE f.folded_at IS NULL
    ORDER BY f.received_at LIMIT most FOR UPDATE SKIP LOCKED
  ), seen AS (
    UPDATE feedback AS f SET folded_at = now() FROM news WHERE f.id = news.id RETURNING f.id
  )
  SELECT coalesce(array_agg(seen.id), '{}') INTO folded FROM seen;
  -- Locked first and summed in a statement of its own, which sees what whoever held the lock before has seen.
  PERFORM FROM experiment_units AS u
  WHERE (u.experiment_name, u.user_id) IN (
    SELECT f.experiment_name, f.user_id FROM feedback AS f WHERE f.id = ANY (folded) AND f.experiment_name IS NOT NULL)
  ORDER BY u.experiment_name, u.user_id FOR NO KEY UPDATE OF u;
  UPDATE experiment_units AS u SET
    feedback_answers = s.answers, feedback_successes = s.successes, feedback_score = s.score
  FROM (
    SELECT f.experiment_name, f.user_id, count(*) AS answers,
      count(*) FILTER (WHERE coalesce(f.success, f.score >= 0.5)) AS successes,
      coalesce(sum(coalesce(f.score, CASE WHEN f.success THEN 1 ELSE 0 END)), 0) AS score
    FROM feedback AS f
    WHERE f.status = 'current' AND f.counts
      AND (f.experiment_name, f.user_id) IN (SELECT n.experiment_name, n.user_id FROM feedback AS n WHERE n.id = ANY (folded))
    GROUP BY 1, 2
  ) AS s
  WHERE u.experiment_name = s.experiment_name AND u.user_id = s.user_id AND u.closed_at IS NULL;
  RETURN cardinality(folded);
END
$$;
REVOKE EXECUTE ON FUNCTION weir_fold_feedback, weir_fold_units FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weir_fold_units TO weir_ledger, weir_jobs;
GRANT EXECUTE ON FUNCTION weir_fold_feedback TO weir_ledger, weir_jobs;
