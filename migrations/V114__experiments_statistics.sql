-- A first trial that timed out is slow, however soon its deadline was; until now it stood there as any other failure.
ALTER TABLE experiment_units
  DROP CONSTRAINT experiment_units_first_trial_outcome_check,
  ADD CONSTRAINT experiment_units_first_trial_outcome_check
    CHECK (first_trial_outcome IN ('success', 'failure', 'timeout', 'cancelled'));

-- Longer than the longest call, which is the function's to say up to 10 minutes: a call under way at a window's end is
-- part of it, and a first trial is read once it has ended.
ALTER TABLE experiments ALTER COLUMN settle SET DEFAULT '15 minutes';

-- What was the failure of a first trial is not told anew for those that are there: their rows may be gone.
ALTER TYPE weir_unit_change ADD ATTRIBUTE timed_out boolean;

-- As before, but for timed_out.
CREATE OR REPLACE FUNCTION weir_fold_units(changes weir_unit_change[]) RETURNS void
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
      c.started_at, c.cost, c.tokens, c.latency, c.again, c.timed_out)::weir_unit_change
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
    first_trial_outcome = CASE WHEN f.outcome = 'failure' AND f.timed_out THEN 'timeout' ELSE f.outcome END
  FROM (
    SELECT DISTINCT ON (c.experiment, c.user_id) c.experiment, c.user_id, c.started_at, c.latency, c.outcome,
      c.timed_out
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

CREATE OR REPLACE FUNCTION weir_usage_inserted_units() RETURNS trigger LANGUAGE plpgsql AS $$
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
      a.prompt_tokens + a.completion_tokens, a.execution_time_ms, false,
      coalesce(a.error_code = 'TIMEOUT', false))::weir_unit_change
    FROM added AS a WHERE a.experiment IS NOT NULL AND a.experiment_outcome IS NOT NULL));
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION weir_usage_updated_units() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM added AS a WHERE a.experiment IS NOT NULL) THEN
    RETURN NULL;
  END IF;
  -- A row of another name (erasure) leaves the sums as they are: its unit is erased as a whole.
  PERFORM weir_fold_units(ARRAY(
    SELECT ROW(c.sign, c.id, c.experiment, c.user_id, c.variant, c.experiment_outcome, c.started_at, coalesce(c.cost_usd, 0),
      c.prompt_tokens + c.completion_tokens, c.execution_time_ms, true,
      coalesce(c.error_code = 'TIMEOUT', false))::weir_unit_change
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
