-- A user's own documents and their search index. No role but the user's reads a text; erasure deletes without reading.

CREATE TABLE vault_documents (
  user_id text NOT NULL,
  document_id text NOT NULL CHECK (length(document_id) BETWEEN 1 AND 255),
  title text NOT NULL DEFAULT '',
  content text NOT NULL,
  content_type text NOT NULL DEFAULT 'text/plain',
  content_hash bytea NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, document_id)
);

CREATE TABLE vault_search_index (
  id uuid PRIMARY KEY,
  user_id text NOT NULL,
  document_id text NOT NULL,
  chunk integer NOT NULL CHECK (chunk >= 0),
  content text NOT NULL,
  language regconfig NOT NULL DEFAULT 'simple',
  search_vector tsvector GENERATED ALWAYS AS (to_tsvector(language, content)) STORED,
  embedding real[],
  embedding_model text,
  content_hash bytea NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, document_id, chunk),
  FOREIGN KEY (user_id, document_id) REFERENCES vault_documents ON DELETE CASCADE
);
-- No GIN index on search_vector: @@ is not leakproof, so under row-level security the planner must find the user's rows
-- first and would never use one. The unique key leads with user_id and serves that.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['vault_documents', 'vault_search_index'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY own ON %I TO weir_app USING (user_id = weir_user()) WITH CHECK (user_id = weir_user())', name);
    EXECUTE format('CREATE POLICY jobs ON %I TO weir_jobs USING (true) WITH CHECK (true)', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO weir_app', name);
    EXECUTE format('GRANT SELECT (user_id, document_id), DELETE ON %I TO weir_jobs', name);
  END LOOP;
END
$$;

-- Adds a vector column where pgvector is installed; true if there is one afterwards. An administrator who installs pgvector
-- later runs it once, as weir_owner.
CREATE FUNCTION weir_add_vector_column() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN
    RETURN false;
  END IF;
  CREATE EXTENSION IF NOT EXISTS vector;
  ALTER TABLE vault_search_index ADD COLUMN IF NOT EXISTS embedding_vector vector;
  RETURN true;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'pgvector is installed, but weir_owner may not create it: run CREATE EXTENSION vector as a superuser';
  RETURN false;
END
$$;
REVOKE EXECUTE ON FUNCTION weir_add_vector_column FROM PUBLIC;
SELECT weir_add_vector_column();
