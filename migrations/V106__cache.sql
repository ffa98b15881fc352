-- What the response cache needs beyond V004: frames instead of trees, generations that never repeat, invalidation in constant
-- time, flights over many replicas, and figures of what was saved.

-- An answer is one frame of bytes with a checksum, the same in memory and here: a hit is copied, never parsed
-- (docs/decisions/060-cache-frames.md). What stood here as JSON is no frame and so counts as a miss.
ALTER TABLE response_cache ALTER COLUMN cache_data TYPE bytea USING convert_to(cache_data::text, 'UTF8');
ALTER TABLE response_cache
  ADD COLUMN experiment text NOT NULL DEFAULT '',
  -- Drawn when it was stored: it is valid while no generation of its subjects is newer.
  ADD COLUMN generation bigint NOT NULL DEFAULT 0,
  -- Past its expiry an answer may still stand in for a provider that is down.
  ADD COLUMN keep_until timestamptz,
  -- What was asked, so that warm-up can ask again; kept only where warm-up is on.
  ADD COLUMN input bytea;
-- The owner sees no row while the rules are forced on it.
ALTER TABLE response_cache NO FORCE ROW LEVEL SECURITY;
UPDATE response_cache SET keep_until = expires_at;
ALTER TABLE response_cache FORCE ROW LEVEL SECURITY;
ALTER TABLE response_cache ALTER COLUMN keep_until SET NOT NULL, ALTER COLUMN keep_until SET DEFAULT now();
DROP INDEX response_cache_expiry;
CREATE INDEX response_cache_keep ON response_cache (keep_until);
CREATE INDEX response_cache_generation ON response_cache (generation);
CREATE INDEX response_cache_similar ON response_cache (function_name, function_version, user_id, created_at DESC)
  WHERE embedding IS NOT NULL;
GRANT SELECT (experiment, generation, keep_until) ON response_cache TO weir_admin;

-- Generations come from one sequence: a subject that is forgotten and invalidated again never gets an old number.
CREATE SEQUENCE cache_generation;
GRANT USAGE ON SEQUENCE cache_generation TO weir_app, weir_jobs, weir_admin;
ALTER TABLE cache_generations ALTER COLUMN generation SET DEFAULT nextval('cache_generation');
ALTER TABLE cache_generations DROP CONSTRAINT cache_generations_subject_kind_check;
ALTER TABLE cache_generations ADD CONSTRAINT cache_generations_subject_kind_check
  CHECK (subject_kind IN ('all', 'function', 'version', 'user', 'key'));

-- A store and an invalidation of one subject never overlap: the one locks it shared, the other alone.
CREATE FUNCTION weir_cache_lock(kind text, id text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN hashtextextended('weir_cache ' || kind || ':' || id, 106);

-- In constant time, however many answers it hits: they are no longer found, and deleted in small batches later.
CREATE FUNCTION weir_cache_invalidate(kind text, id text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  drawn bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(weir_cache_lock(kind, id));
  drawn := nextval('cache_generation');
  INSERT INTO cache_generations (subject_kind, subject_id, generation) VALUES (kind, id, drawn)
  ON CONFLICT (subject_kind, subject_id) DO UPDATE SET generation = drawn, changed_at = now();
  RETURN drawn;
END
$$;

-- One flight per key over all replicas, for functions that say they are expensive.
CREATE TABLE cache_flights (
  cache_key text PRIMARY KEY CHECK (cache_key ~ '^[0-9a-f]{64}$'),
  user_id text,
  -- Grows with every leader: what an overtaken one stores is refused.
  epoch bigint NOT NULL,
  holder uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('flying', 'stored', 'failed', 'uncacheable')),
  expires_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cache_flights_expiry ON cache_flights (expires_at);
ALTER TABLE cache_flights ENABLE ROW LEVEL SECURITY;
ALTER TABLE cache_flights FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON cache_flights TO weir_app
  USING (user_id = weir_user() OR (user_id IS NULL AND weir_user() IS NOT NULL))
  WITH CHECK (user_id = weir_user() OR (user_id IS NULL AND weir_user() IS NOT NULL));
CREATE POLICY jobs ON cache_flights TO weir_jobs USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON cache_flights TO weir_app;
GRANT SELECT, DELETE ON cache_flights TO weir_jobs;

-- Takes the lead of a key's flight, or tells when the lead of another ends: its epoch is 0 then.
CREATE FUNCTION weir_flight_begin(key text, owner text, who uuid, seconds double precision, OUT lead bigint, OUT ends_in_ms bigint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  asked timestamptz := clock_timestamp();
BEGIN
  INSERT INTO cache_flights AS f (cache_key, user_id, epoch, holder, state, expires_at)
  VALUES (key, owner, 1, who, 'flying', asked + make_interval(secs => seconds))
  ON CONFLICT (cache_key) DO UPDATE
    SET epoch = f.epoch + 1, holder = who, state = 'flying', changed_at = now(),
      expires_at = clock_timestamp() + make_interval(secs => seconds)
    WHERE f.state <> 'flying' OR f.expires_at <= clock_timestamp()
  RETURNING f.epoch INTO lead;
  IF lead IS NULL THEN
    lead := 0;
    SELECT greatest(0, extract(epoch FROM f.expires_at - clock_timestamp()) * 1000)::bigint INTO ends_in_ms
    FROM cache_flights f WHERE f.cache_key = key;
  END IF;
  ends_in_ms := coalesce(ends_in_ms, 0);
END
$$;

CREATE FUNCTION weir_flight_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('weir_flights', NEW.cache_key || ':' || NEW.state);
  RETURN NULL;
END
$$;
CREATE TRIGGER cache_flights_ended AFTER UPDATE OF state ON cache_flights
  FOR EACH ROW WHEN (NEW.state <> 'flying') EXECUTE FUNCTION weir_flight_changed();

-- Stores an answer, unless a generation of its subjects moved since its call began, or its flight was overtaken. The locks are
-- taken before anything is read, so that what is read is what holds until the end of the transaction.
CREATE FUNCTION weir_cache_store(
    key text, owner text, function text, version text, experiment_of text, variant_of text, provider_of text, model_of text,
    data bytea, request bytea, cost numeric, latency bigint, ttl_seconds double precision, keep_seconds double precision,
    seen bigint[], vector real[], vector_model text, flight bigint)
  RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  kinds constant text[] := ARRAY['all', 'function', 'version', 'user', 'key'];
  ids constant text[] := ARRAY['*', function, function || ':' || version, coalesce(owner, ''), key];
BEGIN
  FOR i IN 1..5 LOOP
    PERFORM pg_advisory_xact_lock_shared(weir_cache_lock(kinds[i], ids[i]));
  END LOOP;
  IF flight > 0 THEN
    UPDATE cache_flights SET state = 'stored', changed_at = now()
    WHERE cache_key = key AND epoch = flight AND state = 'flying';
    IF NOT FOUND THEN
      RETURN false;
    END IF;
  END IF;
  IF EXISTS (
    SELECT FROM cache_generations g JOIN unnest(kinds, ids, seen) AS s (kind, id, generation)
      ON g.subject_kind = s.kind AND g.subject_id = s.id
    WHERE g.generation > s.generation
  ) THEN
    RETURN false;
  END IF;
  INSERT INTO response_cache AS c (
    cache_key, user_id, function_name, function_version, experiment, variant, provider, model, cache_data, size_bytes, cost_usd,
    latency_ms, created_at, expires_at, keep_until, input, embedding, embedding_model, generation)
  VALUES (
    key, owner, function, version, experiment_of, variant_of, provider_of, model_of, data, length(data), cost,
    latency, now(), now() + make_interval(secs => ttl_seconds), now() + make_interval(secs => ttl_seconds + keep_seconds),
    request, vector, vector_model, nextval('cache_generation'))
  ON CONFLICT (cache_key) DO UPDATE SET
    provider = excluded.provider, model = excluded.model, cache_data = excluded.cache_data, size_bytes = excluded.size_bytes,
    cost_usd = excluded.cost_usd, latency_ms = excluded.latency_ms, created_at = excluded.created_at,
    expires_at = excluded.expires_at, keep_until = excluded.keep_until, input = excluded.input,
    embedding = excluded.embedding, embedding_model = excluded.embedding_model, generation = excluded.generation,
    -- Of this life alone: what an answer was worth long ago says nothing of its next.
    hit_count = 0;
  RETURN true;
END
$$;

-- Whether nothing that an answer belongs to was invalidated since it was stored.
CREATE FUNCTION weir_cache_valid(key text, owner text, function text, version text, stored bigint) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT NOT EXISTS (
    SELECT FROM cache_generations g
    WHERE g.generation > stored AND (g.subject_kind, g.subject_id) IN (
      ('all', '*'), ('function', function), ('version', function || ':' || version), ('user', coalesce(owner, '')), ('key', key)));
END;

-- By hour and function what the cache did: nobody's name in it. Replicas add to it every few seconds.
CREATE TABLE cache_savings (
  hour timestamptz NOT NULL,
  function_name text NOT NULL,
  hits bigint NOT NULL DEFAULT 0,
  semantic bigint NOT NULL DEFAULT 0,
  stale bigint NOT NULL DEFAULT 0,
  coalesced bigint NOT NULL DEFAULT 0,
  misses bigint NOT NULL DEFAULT 0,
  refreshes bigint NOT NULL DEFAULT 0,
  -- What the calls that were answered from the cache had cost when their answers were made, and how much longer they took.
  saved_usd numeric(20, 9) NOT NULL DEFAULT 0,
  saved_ms bigint NOT NULL DEFAULT 0,
  -- What the misses and refreshes cost, and how long they took.
  spent_usd numeric(20, 9) NOT NULL DEFAULT 0,
  spent_ms bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (hour, function_name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON cache_savings TO weir_jobs;
GRANT SELECT ON cache_savings TO weir_admin;

-- What the warm-up has spent of a day's budget.
CREATE TABLE cache_warm_ups (
  day date PRIMARY KEY,
  refreshed bigint NOT NULL DEFAULT 0,
  spent_usd numeric(20, 9) NOT NULL DEFAULT 0
);
GRANT SELECT, INSERT, UPDATE, DELETE ON cache_warm_ups TO weir_jobs;
GRANT SELECT ON cache_warm_ups TO weir_admin;

-- By day and function: how much of what the same calls would have cost was saved.
CREATE VIEW cache_statistics WITH (security_invoker = true) AS
SELECT
  date_trunc('day', hour, 'UTC') AS day,
  function_name,
  sum(hits) AS hits,
  sum(semantic) AS semantic,
  sum(stale) AS stale,
  sum(coalesced) AS coalesced,
  sum(misses) AS misses,
  sum(refreshes) AS refreshes,
  round(sum(hits + semantic + stale + coalesced)
    / nullif(sum(hits + semantic + stale + coalesced + misses + refreshes), 0), 4) AS hit_rate,
  sum(saved_usd) AS saved_usd,
  sum(spent_usd) AS spent_usd,
  round(sum(saved_usd) / nullif(sum(saved_usd) + sum(spent_usd), 0), 4) AS saved_share,
  sum(saved_ms) AS saved_ms,
  sum(spent_ms) AS spent_ms
FROM cache_savings
GROUP BY 1, 2;
GRANT SELECT ON cache_statistics TO weir_admin, weir_jobs;
