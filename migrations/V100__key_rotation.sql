-- Rotation of keys, development keys, and the users that service keys bring in.

-- A rotation gives a key a new secret and leaves its id: limits, allowances and usage records name the id, so a key whose
-- rotation made another key would escape its limits and tear its usage in two. api_keys.key_hash is the newest secret;
-- the ones before it stand here until their overlap is over, and a while longer so that a refusal can say why.
CREATE TABLE api_key_former_secrets (
  key_hash bytea PRIMARY KEY CHECK (length(key_hash) = 32),
  key_id uuid NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  prefix text NOT NULL CHECK (length(prefix) BETWEEN 1 AND 24),
  valid_until timestamptz NOT NULL
);
CREATE INDEX api_key_former_secrets_key ON api_key_former_secrets (key_id, valid_until DESC);

ALTER TABLE api_key_former_secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key_former_secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY ledger ON api_key_former_secrets FOR SELECT TO weir_ledger USING (true);
CREATE POLICY admin ON api_key_former_secrets TO weir_admin USING (true) WITH CHECK (true);
GRANT SELECT ON api_key_former_secrets TO weir_ledger;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_key_former_secrets TO weir_admin;

ALTER TABLE api_keys DROP COLUMN rotated_from;

-- Keys that dev mode made for itself: a process in prod mode refuses them on whichever database it finds them.
ALTER TABLE api_keys ADD COLUMN development boolean NOT NULL DEFAULT false;

-- Other nodes drop what they remember of a key when a rotation ends its secret, too.
CREATE TRIGGER api_keys_rotated
  AFTER UPDATE OF key_hash ON api_keys
  FOR EACH ROW EXECUTE FUNCTION weir_keys_changed();

-- Lets a service key act for a user. A user whom nobody has seen is made, unless the key has made its share within the
-- last hour; the answer is then how many milliseconds until it may make another, and NULL if the user exists.
--
-- First the lock on the key, then the clock and the count, each in a statement of its own: two transactions that counted
-- under one snapshot would both find the last place free.
CREATE FUNCTION weir_bring_user(service_key uuid, named text, hourly integer) RETURNS bigint
  LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  moment timestamptz;
  oldest timestamptz;
BEGIN
  IF EXISTS (SELECT FROM users WHERE user_id = named) THEN
    RETURN NULL;
  END IF;
  PERFORM FROM api_keys WHERE id = service_key FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no such key' USING ERRCODE = 'no_data_found';
  END IF;
  moment := clock_timestamp();
  -- The user whose hour must end before there is room for one more.
  SELECT created_at INTO oldest
    FROM users
    WHERE introduced_by = service_key AND created_at > moment - interval '1 hour'
    ORDER BY created_at DESC
    OFFSET greatest(hourly - 1, 0) LIMIT 1;
  IF hourly > 0 AND oldest IS NULL THEN
    INSERT INTO users (user_id, introduced_by, created_at) VALUES (named, service_key, moment)
      ON CONFLICT (user_id) DO NOTHING;
    RETURN NULL;
  END IF;
  RETURN CASE
    WHEN EXISTS (SELECT FROM users WHERE user_id = named) THEN NULL
    WHEN hourly = 0 THEN 3600000
    ELSE ceil(extract(epoch FROM oldest + interval '1 hour' - moment) * 1000)::bigint
  END;
END
$$;
