-- What the cache's fences rest on: invalidations numbered in the order in which they are committed, flights whose numbers never
-- come again, and an index for warm-up.

-- Generations are drawn in the order of their commits: who has heard of one knows that no smaller one is still to come. So a node
-- remembers one number for all that it need not tell apart, however much was invalidated. The order's lock is held from the draw to
-- the commit, the subject's is taken before it: whoever waits for a subject keeps nobody else waiting.
CREATE OR REPLACE FUNCTION weir_cache_invalidate(kind text, id text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  drawn bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(weir_cache_lock(kind, id));
  -- Everyone after it waits for its commit: a client that freezes before that is cut off.
  PERFORM set_config('idle_in_transaction_session_timeout', '2s', true);
  PERFORM pg_advisory_xact_lock(weir_cache_lock('order', '*'));
  drawn := nextval('cache_generation');
  INSERT INTO cache_generations (subject_kind, subject_id, generation) VALUES (kind, id, drawn)
  ON CONFLICT (subject_kind, subject_id) DO UPDATE SET generation = drawn, changed_at = now();
  RETURN drawn;
END
$$;
-- For the newest, which each node reads when it begins to listen, and cleaning every half minute.
CREATE INDEX cache_generations_newest ON cache_generations (generation);

-- A flight's row counts its leaders from a number of its own, a million above that of any row before it: when it is cleaned away and
-- made again, what an overtaken leader stores is still refused. (A row that is led a million times without a minute's rest would
-- come to the next one's numbers; it would take a leader of each to meet there.)
CREATE SEQUENCE cache_flight START 1000000 INCREMENT 1000000;
GRANT USAGE ON SEQUENCE cache_flight TO weir_app;

CREATE OR REPLACE FUNCTION weir_flight_begin(key text, owner text, who uuid, seconds double precision, OUT lead bigint,
  OUT ends_in_ms bigint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  asked timestamptz := clock_timestamp();
BEGIN
  INSERT INTO cache_flights AS f (cache_key, user_id, epoch, holder, state, expires_at)
  VALUES (key, owner, nextval('cache_flight'), who, 'flying', asked + make_interval(secs => seconds))
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

-- From when on an answer is in the last part of its time and may be asked for again; only where its input is kept. What is there
-- already is not asked for before it has been stored anew. Hits are in no index, nor in the condition of one: counting them leaves
-- the indexes alone.
ALTER TABLE response_cache ADD COLUMN warm_from timestamptz;
CREATE INDEX response_cache_warm ON response_cache USING gist (tstzrange(warm_from, expires_at)) WHERE warm_from IS NOT NULL;

-- As in V106, with the time from which on it may be asked for again.
CREATE OR REPLACE FUNCTION weir_cache_store(
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
    latency_ms, created_at, expires_at, keep_until, input, embedding, embedding_model, generation, warm_from)
  VALUES (
    key, owner, function, version, experiment_of, variant_of, provider_of, model_of, data, length(data), cost,
    latency, now(), now() + make_interval(secs => ttl_seconds), now() + make_interval(secs => ttl_seconds + keep_seconds),
    request, vector, vector_model, nextval('cache_generation'),
    CASE WHEN request IS NOT NULL THEN now() + make_interval(secs => ttl_seconds - greatest(ttl_seconds / 5, 30)) END)
  ON CONFLICT (cache_key) DO UPDATE SET
    provider = excluded.provider, model = excluded.model, cache_data = excluded.cache_data, size_bytes = excluded.size_bytes,
    cost_usd = excluded.cost_usd, latency_ms = excluded.latency_ms, created_at = excluded.created_at,
    expires_at = excluded.expires_at, keep_until = excluded.keep_until, input = excluded.input,
    embedding = excluded.embedding, embedding_model = excluded.embedding_model, generation = excluded.generation,
    warm_from = excluded.warm_from,
    -- Of this life alone: what an answer was worth long ago says nothing of its next.
    hit_count = 0;
  RETURN true;
END
$$;
