-- The second level of the response cache, and the generations that keep a late store from undoing an invalidation.

CREATE TABLE response_cache (
  -- SHA-256 in hex over function, prompt version, variant, model, parameters, input and scope: a user's entry has that user
  -- in its key.
  cache_key text NOT NULL UNIQUE CHECK (cache_key ~ '^[0-9a-f]{64}$'),
  -- NULL for an entry of a function that says its cache is shared.
  user_id text,
  function_name text NOT NULL,
  function_version text NOT NULL,
  variant text NOT NULL DEFAULT '',
  provider text NOT NULL DEFAULT '',
  model text NOT NULL DEFAULT '',
  cache_data jsonb NOT NULL,
  size_bytes integer NOT NULL CHECK (size_bytes >= 0),
  -- What the answer cost when it was made: the value of keeping it.
  cost_usd numeric(20, 9) NOT NULL DEFAULT 0,
  latency_ms bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  hit_count bigint NOT NULL DEFAULT 0 CHECK (hit_count >= 0),
  last_hit_at timestamptz,
  -- Of the input, for semantic matching where the function asks for it.
  embedding real[],
  embedding_model text
);
CREATE INDEX response_cache_function ON response_cache (function_name, function_version);
CREATE INDEX response_cache_user ON response_cache (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX response_cache_expiry ON response_cache (expires_at);

ALTER TABLE response_cache ENABLE ROW LEVEL SECURITY;
ALTER TABLE response_cache FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON response_cache TO weir_app
  USING (user_id = weir_user() OR (user_id IS NULL AND weir_user() IS NOT NULL))
  WITH CHECK (user_id = weir_user() OR (user_id IS NULL AND weir_user() IS NOT NULL));
CREATE POLICY jobs ON response_cache TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON response_cache TO weir_admin USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON response_cache TO weir_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON response_cache TO weir_jobs;
-- An administrator sees what is kept and throws it away, but does not read the answers.
GRANT SELECT (cache_key, user_id, function_name, function_version, variant, provider, model, size_bytes, cost_usd, latency_ms,
  created_at, expires_at, hit_count, last_hit_at), DELETE ON response_cache TO weir_admin;

-- An answer is stored with the generations that were in force when its call began, and refused if one has moved since.
CREATE TABLE cache_generations (
  subject_kind text NOT NULL CHECK (subject_kind IN ('all', 'function', 'version', 'user')),
  subject_id text NOT NULL,
  generation bigint NOT NULL DEFAULT 1,
  user_id text GENERATED ALWAYS AS (CASE WHEN subject_kind = 'user' THEN subject_id END) STORED,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject_kind, subject_id)
);
CREATE FUNCTION weir_generation_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('weir_cache', NEW.subject_kind || ':' || NEW.subject_id || ':' || NEW.generation);
  RETURN NULL;
END
$$;
CREATE TRIGGER cache_generations_changed AFTER INSERT OR UPDATE ON cache_generations
  FOR EACH ROW EXECUTE FUNCTION weir_generation_changed();

ALTER TABLE cache_generations ENABLE ROW LEVEL SECURITY;
ALTER TABLE cache_generations FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON cache_generations TO weir_app
  USING (subject_kind <> 'user' OR user_id = weir_user()) WITH CHECK (user_id = weir_user());
CREATE POLICY jobs ON cache_generations TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON cache_generations TO weir_admin USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON cache_generations TO weir_app, weir_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON cache_generations TO weir_jobs;
