-- Whether another model than the first choice of its time answered a call. Until here readers told that from the model list
-- of now, which is wrong as soon as the list has changed. NULL where nobody wrote it down: rows of before, and of nodes of
-- before.
ALTER TABLE ai_usage_metrics ADD COLUMN fallback boolean;

-- By day (UTC) and version: the answers that fallbacks gave, and by model those of which nothing was written down, which are
-- still told by the list of now. Only what was asked of a provider and answered; nobody's name in it. What is neither has no
-- row, so that a usual batch costs one look.
CREATE TABLE usage_fallback_days (
  day date NOT NULL,
  function_name text NOT NULL,
  function_version text NOT NULL,
  model text NOT NULL,
  fallbacks bigint NOT NULL,
  unmarked bigint NOT NULL,
  PRIMARY KEY (function_name, day, function_version, model)
);
GRANT SELECT, INSERT, UPDATE ON usage_fallback_days TO weir_ledger;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_fallback_days TO weir_jobs;
GRANT SELECT ON usage_fallback_days TO weir_admin;

-- One body for both triggers, over the rows that came (sign 1) and those that went (sign -1).
DO $migration$
DECLARE
  body constant text := $sql$
BEGIN
  IF NOT EXISTS (
    SELECT FROM %1$s
    WHERE fallback IS DISTINCT FROM false AND status = 'ok'
      AND cache_status NOT IN ('hit', 'semantic', 'stale', 'coalesced')) THEN
    RETURN NULL;
  END IF;
  INSERT INTO usage_fallback_days AS kept (day, function_name, function_version, model, fallbacks, unmarked)
  SELECT
    (started_at AT TIME ZONE 'UTC')::date, function_name, function_version, model,
    coalesce(sum(sign) FILTER (WHERE fallback), 0), coalesce(sum(sign) FILTER (WHERE fallback IS NULL), 0)
  FROM %1$s
  WHERE fallback IS DISTINCT FROM false AND status = 'ok'
    AND cache_status NOT IN ('hit', 'semantic', 'stale', 'coalesced')
  GROUP BY 1, 2, 3, 4
  HAVING coalesce(sum(sign) FILTER (WHERE fallback), 0) <> 0
    OR coalesce(sum(sign) FILTER (WHERE fallback IS NULL), 0) <> 0
  ORDER BY 2, 1, 3, 4
  ON CONFLICT (function_name, day, function_version, model) DO UPDATE SET
    fallbacks = kept.fallbacks + excluded.fallbacks, unmarked = kept.unmarked + excluded.unmarked;
  RETURN NULL;
END
$sql$;
BEGIN
  EXECUTE format('CREATE FUNCTION weir_usage_inserted_fallbacks() RETURNS trigger LANGUAGE plpgsql AS %L',
    format(body, '(SELECT 1::bigint AS sign, a.* FROM added AS a) AS change'));
  -- A row that is written again under another name, or at another price, adds what it takes away.
  EXECUTE format('CREATE FUNCTION weir_usage_updated_fallbacks() RETURNS trigger LANGUAGE plpgsql AS %L',
    format(body,
      '(SELECT 1::bigint AS sign, a.* FROM added AS a UNION ALL SELECT -1::bigint, r.* FROM removed AS r) AS change'));
END
$migration$;
CREATE TRIGGER ai_usage_metrics_inserted_fallbacks AFTER INSERT ON ai_usage_metrics
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION weir_usage_inserted_fallbacks();
CREATE TRIGGER ai_usage_metrics_updated_fallbacks AFTER UPDATE ON ai_usage_metrics
  REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION weir_usage_updated_fallbacks();

-- Of the answers that there are already nothing was written down.
INSERT INTO usage_fallback_days (day, function_name, function_version, model, fallbacks, unmarked)
SELECT day, function_name, function_version, model, 0, sum(calls - errors - cancelled - interrupted)
FROM usage_function_days
WHERE cache_status NOT IN ('hit', 'semantic', 'stale', 'coalesced')
GROUP BY 1, 2, 3, 4
HAVING sum(calls - errors - cancelled - interrupted) <> 0;

-- Which run a copy belongs to: the name of a shadow run may be used again, and an evaluation may have the same.
ALTER TABLE stored_contents ADD COLUMN run_id uuid;
CREATE INDEX stored_contents_run_id ON stored_contents (run_id, created_at DESC, id DESC) WHERE run_id IS NOT NULL;
-- The owner sees no row while the rules are forced on it.
ALTER TABLE stored_contents NO FORCE ROW LEVEL SECURITY;
UPDATE stored_contents AS c SET run_id = (
  SELECT r.run_id FROM shadow_runs AS r WHERE r.run_name = c.run_name AND r.started_at <= c.created_at
  ORDER BY r.started_at DESC LIMIT 1)
WHERE c.kind = 'shadow';
ALTER TABLE stored_contents FORCE ROW LEVEL SECURITY;
