-- Who calls: tiers, users, teams, keys.
--
-- The rule for every table with a user's data, here and in all later files:
--   * row-level security is enabled and FORCED, so that not even the owner reads it by accident;
--   * weir_app has one policy: the rows of the user that the transaction names (weir_user());
--   * any other role gets a policy of its own, and the verbs (of columns, where that is enough) that its work needs.
-- A test walks the catalogue and fails on a table with a user column without it. A later data migration must therefore
-- act as a role that has a policy (SET LOCAL ROLE weir_jobs): as weir_owner it would silently change no row.

-- Once set in a session, a setting never becomes unset again but empty: both mean nobody.
CREATE FUNCTION weir_user() RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('weir.user_id', true), '');

CREATE TABLE tiers (
  name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
  -- NULL is no limit.
  calls_per_month bigint CHECK (calls_per_month >= 0),
  calls_per_day bigint CHECK (calls_per_day >= 0),
  usd_per_month numeric(20, 9) CHECK (usd_per_month >= 0),
  tokens_per_minute bigint CHECK (tokens_per_minute >= 0),
  -- What happens while the database is away and the leases are used up: refuse, or admit up to the caps below, per user
  -- and node.
  when_storage_away text NOT NULL DEFAULT 'closed' CHECK (when_storage_away IN ('closed', 'open')),
  away_calls bigint NOT NULL DEFAULT 0 CHECK (away_calls >= 0),
  away_usd numeric(20, 9) NOT NULL DEFAULT 0 CHECK (away_usd >= 0),
  is_default boolean NOT NULL DEFAULT false,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX tiers_one_default ON tiers (is_default) WHERE is_default;

INSERT INTO tiers (name, calls_per_month, calls_per_day, usd_per_month, is_default) VALUES
  ('free', 100, 20, 5, true),
  ('pro', 1000, 200, 50, false),
  ('enterprise', 10000, 2000, 500, false);

GRANT SELECT ON tiers TO weir_app, weir_ledger, weir_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON tiers TO weir_admin;

CREATE FUNCTION weir_default_tier() RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (SELECT name FROM public.tiers WHERE is_default);

-- Nodes keep standings in memory: they let go of those of a changed tier.
CREATE FUNCTION weir_tiers_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('weir_subjects', 'tier:' || OLD.name);
  RETURN NULL;
END
$$;
CREATE TRIGGER tiers_changed AFTER UPDATE OR DELETE ON tiers FOR EACH ROW EXECUTE FUNCTION weir_tiers_changed();

CREATE TABLE teams (
  team_id text PRIMARY KEY CHECK (length(team_id) BETWEEN 1 AND 128),
  display_name text NOT NULL DEFAULT '',
  -- See users.epoch.
  epoch bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON teams TO weir_ledger, weir_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON teams TO weir_admin;

CREATE TABLE users (
  user_id text PRIMARY KEY CHECK (length(user_id) BETWEEN 1 AND 255),
  tier text NOT NULL DEFAULT weir_default_tier() REFERENCES tiers (name),
  -- The iat of the JWT that set the tier: an older token must not set it back.
  tier_issued_at timestamptz,
  team_id text REFERENCES teams (team_id) ON DELETE SET NULL,
  -- Moves with every change of limits. A lease of an older epoch admits nothing more, but is still settled and returned.
  epoch bigint NOT NULL DEFAULT 0,
  disabled_at timestamptz,
  -- The service key that named this user first; new users per key and hour are capped.
  introduced_by uuid,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX users_introduced ON users (introduced_by, created_at) WHERE introduced_by IS NOT NULL;

-- The database moves the epoch by itself, so that no writer can forget it.
CREATE FUNCTION weir_users_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.tier, NEW.team_id, NEW.disabled_at) IS DISTINCT FROM (OLD.tier, OLD.team_id, OLD.disabled_at) THEN
    NEW.epoch := greatest(NEW.epoch, OLD.epoch + 1);
    PERFORM pg_notify('weir_subjects', 'user:' || NEW.user_id);
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER users_changed BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION weir_users_changed();

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON users FOR SELECT TO weir_app USING (user_id = weir_user());
CREATE POLICY ledger ON users TO weir_ledger USING (true) WITH CHECK (true);
CREATE POLICY jobs ON users TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON users TO weir_admin USING (true) WITH CHECK (true);
GRANT SELECT ON users TO weir_app;
-- A user appears on first sight, with the default tier; a JWT may carry a newer one.
GRANT SELECT, INSERT, UPDATE (tier, tier_issued_at) ON users TO weir_ledger;
GRANT SELECT, DELETE ON users TO weir_jobs;
GRANT SELECT, INSERT, UPDATE ON users TO weir_admin;

CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  -- SHA-256 of the whole key. Keys are 256 random bits, so a fast hash is as good as a slow one.
  key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
  -- The first characters, by which people tell keys apart.
  prefix text NOT NULL CHECK (length(prefix) BETWEEN 1 AND 24),
  name text NOT NULL DEFAULT '' CHECK (length(name) <= 200),
  role text NOT NULL CHECK (role IN ('user', 'service', 'admin')),
  -- Whose calls they are; for a service key, when it names nobody.
  user_id text CHECK (length(user_id) BETWEEN 1 AND 255),
  team_id text REFERENCES teams (team_id) ON DELETE RESTRICT,
  -- NULL allows all.
  allowed_functions text[],
  allowed_models text[],
  allowed_addresses text[],
  new_users_per_hour integer NOT NULL DEFAULT 1000 CHECK (new_users_per_hour >= 0),
  caches_compatible boolean NOT NULL DEFAULT false,
  epoch bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  -- A rotation makes a new key that names the old one, which stays good until its own expires_at (the overlap's end).
  rotated_from uuid REFERENCES api_keys (id) ON DELETE SET NULL,
  -- Coarse: written at most once in some minutes.
  last_used_at timestamptz,
  CHECK (role = 'admin' OR user_id IS NOT NULL)
);
CREATE INDEX api_keys_user ON api_keys (user_id);
CREATE UNIQUE INDEX api_keys_rotated_once ON api_keys (rotated_from) WHERE rotated_from IS NOT NULL;

-- Every replica keeps principals in memory; a changed key must leave them within a second.
CREATE FUNCTION weir_keys_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('weir_keys', OLD.id::text);
  RETURN NULL;
END
$$;
CREATE TRIGGER api_keys_changed
  AFTER UPDATE OF expires_at, revoked_at, role, user_id, team_id, epoch, allowed_functions, allowed_models,
    allowed_addresses OR DELETE ON api_keys
  FOR EACH ROW EXECUTE FUNCTION weir_keys_changed();

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON api_keys FOR SELECT TO weir_app USING (user_id = weir_user());
CREATE POLICY ledger ON api_keys TO weir_ledger USING (true) WITH CHECK (true);
CREATE POLICY jobs ON api_keys TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON api_keys TO weir_admin USING (true) WITH CHECK (true);
GRANT SELECT (id, prefix, name, role, user_id, team_id, allowed_functions, allowed_models, created_at, expires_at,
  revoked_at, last_used_at) ON api_keys TO weir_app;
-- The authenticator looks a key up by its hash before it knows a user: that is the ledger's role.
GRANT SELECT, UPDATE (last_used_at) ON api_keys TO weir_ledger;
GRANT SELECT (id, user_id, expires_at, revoked_at), DELETE ON api_keys TO weir_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO weir_admin;

-- Limits beyond those of the tier: a user's own, a key's, a team's. No row is no limit (for a user: the tier's).
CREATE TABLE subject_limits (
  subject_kind text NOT NULL CHECK (subject_kind IN ('user', 'key', 'team')),
  subject_id text NOT NULL CHECK (length(subject_id) BETWEEN 1 AND 255),
  unit text NOT NULL CHECK (unit IN ('calls', 'tokens', 'usd')),
  period text NOT NULL CHECK (period IN ('minute', 'day', 'month')),
  amount numeric(20, 9) NOT NULL CHECK (amount >= 0),
  user_id text GENERATED ALWAYS AS (CASE WHEN subject_kind = 'user' THEN subject_id END) STORED,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject_kind, subject_id, unit, period)
);

CREATE FUNCTION weir_subject_limits_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  subject record := coalesce(NEW, OLD);
BEGIN
  CASE subject.subject_kind
    WHEN 'user' THEN UPDATE users SET epoch = epoch + 1 WHERE user_id = subject.subject_id;
    WHEN 'key' THEN UPDATE api_keys SET epoch = epoch + 1 WHERE id::text = subject.subject_id;
    WHEN 'team' THEN UPDATE teams SET epoch = epoch + 1 WHERE team_id = subject.subject_id;
  END CASE;
  PERFORM pg_notify('weir_subjects', subject.subject_kind || ':' || subject.subject_id);
  RETURN NULL;
END
$$;
CREATE TRIGGER subject_limits_changed AFTER INSERT OR UPDATE OR DELETE ON subject_limits
  FOR EACH ROW EXECUTE FUNCTION weir_subject_limits_changed();

ALTER TABLE subject_limits ENABLE ROW LEVEL SECURITY;
ALTER TABLE subject_limits FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON subject_limits FOR SELECT TO weir_app USING (user_id = weir_user());
CREATE POLICY ledger ON subject_limits FOR SELECT TO weir_ledger USING (true);
CREATE POLICY jobs ON subject_limits TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON subject_limits TO weir_admin USING (true) WITH CHECK (true);
GRANT SELECT ON subject_limits TO weir_app, weir_ledger;
GRANT SELECT, DELETE ON subject_limits TO weir_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON subject_limits TO weir_admin;
-- A deleted limit moves its user's epoch, whoever deletes it.
GRANT UPDATE (epoch) ON users, api_keys, teams TO weir_jobs;
