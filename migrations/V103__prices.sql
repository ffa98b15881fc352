-- What prices need beyond V002: tokens written to a provider's cache, the provider's own figure beside ours, and the trace
-- of every re-pricing of history.

-- A part of prompt_tokens, as the cached ones are; by time to live it stands in the lines of attempts, which hold
-- [{id, at, provider, model, simulated, ms, prompt_tokens, prompt_tokens_cached, prompt_tokens_written_5m,
-- prompt_tokens_written_1h, completion_tokens, reasoning_tokens, searches, estimated, error_code, cost_usd,
-- provider_cost_usd}]: all that is needed to price a line again.
ALTER TABLE ai_usage_metrics
  ADD COLUMN prompt_tokens_cache_written bigint NOT NULL DEFAULT 0 CHECK (prompt_tokens_cache_written >= 0);

-- One row per re-pricing. It is the cursor as well: each batch locks it, goes on behind at_id and moves it in the
-- transaction that changes the rows, so a re-pricing that died goes on where it stopped and no row counts twice. Rows are
-- read by their key (UUIDv7, so nearly in the order of time), whole months at a time.
--
-- Only cost_usd and attempts of the rows change; the roll-ups follow by their trigger, and the billing month stays. Money
-- that a budget has settled follows in the same way: a trigger after UPDATE on ai_usage_metrics that moves usd_settled of
-- the row's billing month by new.cost_usd - old.cost_usd needs nothing from here.
CREATE TABLE usage_repricings (
  id uuid PRIMARY KEY,
  -- The key of the administrator who asked.
  asked_by uuid NOT NULL,
  began_at timestamptz NOT NULL DEFAULT now(),
  moved_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  span_from timestamptz NOT NULL,
  span_to timestamptz NOT NULL CHECK (span_to > span_from),
  -- provider/model; NULL for all.
  model text,
  dry_run boolean NOT NULL,
  -- Which table priced it: a digest of all its entries.
  price_table text NOT NULL,
  at_id uuid,
  -- When the last row that was read came in: how far it is, for people.
  at_started_at timestamptz,
  -- An estimate made at the start, for a progress bar alone.
  rows_expected bigint NOT NULL DEFAULT 0,
  rows_read bigint NOT NULL DEFAULT 0,
  rows_changed bigint NOT NULL DEFAULT 0,
  -- Still without a price.
  rows_unpriced bigint NOT NULL DEFAULT 0,
  -- Left alone: their lines do not say enough.
  rows_kept bigint NOT NULL DEFAULT 0,
  old_usd numeric(20, 9) NOT NULL DEFAULT 0,
  new_usd numeric(20, 9) NOT NULL DEFAULT 0,
  -- {"provider/model": {"rows", "changed", "unpriced", "old_usd", "new_usd"}}
  models jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX usage_repricings_began ON usage_repricings (began_at DESC);
GRANT SELECT, INSERT, UPDATE ON usage_repricings TO weir_ledger;
GRANT SELECT, DELETE ON usage_repricings TO weir_jobs;
GRANT SELECT ON usage_repricings TO weir_admin;

-- Ours and the provider's own figure of the last 35 days, over the attempts that have both (so that neither side holds what
-- the other does not know). It reads usage rows, not roll-ups: their sums mix attempts with and without a figure. The bound
-- keeps it to the newest partitions.
CREATE VIEW cost_differences WITH (security_invoker = true) AS
SELECT
  (u.started_at AT TIME ZONE 'UTC')::date AS day,
  line.provider,
  line.model,
  count(*) AS attempts,
  sum(line.cost_usd) AS cost_usd,
  sum(line.provider_cost_usd) AS provider_cost_usd,
  sum(line.cost_usd) - sum(line.provider_cost_usd) AS difference_usd
FROM ai_usage_metrics AS u
CROSS JOIN LATERAL jsonb_to_recordset(u.attempts)
  AS line (provider text, model text, cost_usd numeric(20, 9), provider_cost_usd numeric(20, 9), simulated boolean)
WHERE u.started_at >= now() - interval '35 days'
  AND u.provider_cost_usd IS NOT NULL
  AND line.cost_usd IS NOT NULL
  AND line.provider_cost_usd IS NOT NULL
  AND NOT coalesce(line.simulated, u.simulated)
GROUP BY 1, 2, 3;
GRANT SELECT ON cost_differences TO weir_jobs, weir_admin;
