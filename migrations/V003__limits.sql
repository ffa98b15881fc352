-- Limits, money and leases: the arbiter's side of the protocol in docs/LEDGER.md.
--
-- Rules for whoever writes these rows: lock first, by an ordered SELECT ... FOR UPDATE in the order of the tables in this
-- file and then of their keys; read all state that a decision rests on in a later statement; take the time from
-- clock_timestamp() after the lock, and never less than the row's last_at.

-- Rolling windows. A day is 360 buckets of 4 minutes; a unit is charged to the bucket in which its lease expires.
CREATE TABLE api_rate_limits (
  subject_kind text NOT NULL CHECK (subject_kind IN ('user', 'key', 'team')),
  subject_id text NOT NULL,
  unit text NOT NULL CHECK (unit IN ('calls', 'tokens', 'usd')),
  period text NOT NULL DEFAULT 'day' CHECK (period IN ('minute', 'day')),
  bucket_seconds integer NOT NULL DEFAULT 240 CHECK (bucket_seconds > 0),
  -- The number (Unix seconds / bucket_seconds) of the bucket in buckets[1]; the others follow it.
  first_bucket bigint NOT NULL DEFAULT 0,
  -- Used or leased in each bucket; USD in nano-dollars.
  buckets bigint[] NOT NULL DEFAULT '{}' CHECK (cardinality(buckets) <= 400),
  last_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  user_id text GENERATED ALWAYS AS (CASE WHEN subject_kind = 'user' THEN subject_id END) STORED,
  PRIMARY KEY (subject_kind, subject_id, unit, period)
);

-- Calendar months in UTC. A month is opened by inserting its row and never by zeroing another's: a refund that arrives
-- late belongs to the month of its lease.
CREATE TABLE user_quotas (
  subject_kind text NOT NULL CHECK (subject_kind IN ('user', 'key', 'team')),
  subject_id text NOT NULL,
  billing_month date NOT NULL CHECK (extract(day FROM billing_month) = 1),
  -- Debited: used, leased or in doubt. What was left unused is returned.
  calls_used bigint NOT NULL DEFAULT 0 CHECK (calls_used >= 0),
  tokens_used bigint NOT NULL DEFAULT 0 CHECK (tokens_used >= 0),
  -- What calls did cost; what live leases may still cost; what attempts in flight of ended leases may still cost.
  usd_settled numeric(20, 9) NOT NULL DEFAULT 0 CHECK (usd_settled >= 0),
  usd_leased numeric(20, 9) NOT NULL DEFAULT 0 CHECK (usd_leased >= 0),
  usd_held numeric(20, 9) NOT NULL DEFAULT 0 CHECK (usd_held >= 0),
  last_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  user_id text GENERATED ALWAYS AS (CASE WHEN subject_kind = 'user' THEN subject_id END) STORED,
  PRIMARY KEY (subject_kind, subject_id, billing_month)
);

-- The processes that ever took a lease. A journal is replayed by whoever holds its lock, in the name of its process.
CREATE TABLE ledger_processes (
  process_id uuid PRIMARY KEY,
  node_name text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  -- Everything in its journal is in the database: only then do its leases in doubt close.
  replayed_at timestamptz
);

CREATE TABLE leases (
  -- Chosen by the node, so that a repeated request returns the same lease.
  lease_id uuid PRIMARY KEY,
  process_id uuid NOT NULL REFERENCES ledger_processes (process_id),
  subject_kind text NOT NULL CHECK (subject_kind IN ('user', 'key', 'team')),
  subject_id text NOT NULL,
  epoch bigint NOT NULL,
  state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'in_doubt', 'closed')),
  billing_month date NOT NULL CHECK (extract(day FROM billing_month) = 1),
  -- The day bucket that was charged, to which a return goes.
  bucket bigint NOT NULL,
  calls_granted bigint NOT NULL CHECK (calls_granted >= 0),
  calls_returned bigint NOT NULL DEFAULT 0 CHECK (calls_returned BETWEEN 0 AND calls_granted),
  usd_granted numeric(20, 9) NOT NULL DEFAULT 0 CHECK (usd_granted >= 0),
  usd_settled numeric(20, 9) NOT NULL DEFAULT 0 CHECK (usd_settled >= 0),
  usd_held numeric(20, 9) NOT NULL DEFAULT 0 CHECK (usd_held >= 0),
  usd_returned numeric(20, 9) NOT NULL DEFAULT 0 CHECK (usd_returned >= 0),
  granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  closed_at timestamptz,
  closed_by text CHECK (closed_by IN ('owner', 'replay')),
  user_id text GENERATED ALWAYS AS (CASE WHEN subject_kind = 'user' THEN subject_id END) STORED,
  CHECK ((state = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL))
);
CREATE INDEX leases_open_by_subject ON leases (subject_kind, subject_id) WHERE state <> 'closed';
CREATE INDEX leases_open_by_process ON leases (process_id) WHERE state <> 'closed';
CREATE INDEX leases_live_by_expiry ON leases (expires_at) WHERE state = 'live';

-- The cost of attempts still in flight when their lease ended: one account per process, subject and month, without a time
-- to live. Only settlements empty it.
CREATE TABLE lease_held (
  process_id uuid NOT NULL REFERENCES ledger_processes (process_id),
  subject_kind text NOT NULL CHECK (subject_kind IN ('user', 'key', 'team')),
  subject_id text NOT NULL,
  billing_month date NOT NULL CHECK (extract(day FROM billing_month) = 1),
  usd_held numeric(20, 9) NOT NULL CHECK (usd_held >= 0),
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  user_id text GENERATED ALWAYS AS (CASE WHEN subject_kind = 'user' THEN subject_id END) STORED,
  PRIMARY KEY (process_id, subject_kind, subject_id, billing_month)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['api_rate_limits', 'user_quotas', 'leases', 'lease_held'] LOOP
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
GRANT SELECT ON api_rate_limits, user_quotas TO weir_app;
GRANT DELETE ON lease_held TO weir_ledger;
GRANT SELECT, INSERT, UPDATE ON ledger_processes TO weir_ledger;
GRANT SELECT ON ledger_processes TO weir_jobs, weir_admin;

-- Opens the rows of a month for many subjects at once, in key order; those that exist stay as they are.
CREATE FUNCTION weir_open_month(kinds text[], ids text[], month date) RETURNS void
  LANGUAGE sql VOLATILE
BEGIN ATOMIC
  INSERT INTO user_quotas (subject_kind, subject_id, billing_month)
  SELECT DISTINCT kind, id, month FROM unnest(kinds, ids) AS subject (kind, id) ORDER BY kind, id
  ON CONFLICT DO NOTHING;
END;
