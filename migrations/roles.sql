-- Roles belong to the whole server, not to one database, so they are no versioned migration: Weir runs this file before
-- the migrations at every start. It changes nothing where everything exists, and may run in several databases at once
-- (whoever loses a race repeats it). A database administrator may run it by hand, once, and give Weir a login that is a
-- member of weir_owner and may create no roles.
--
-- weir_owner   owns every object; used by the migrations alone.
-- weir_app     one user per transaction: row-level security shows it the rows of the setting weir.user_id.
-- weir_ledger  leases, the writer of usage records, roll-ups: all users, named tables and verbs.
-- weir_jobs    health, warm-up, alerts, erasure.
-- weir_admin   reads for the management API, and what an administrator changes there.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['weir_owner', 'weir_app', 'weir_ledger', 'weir_jobs', 'weir_admin'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', name);
    END IF;
  END LOOP;

  -- From PostgreSQL 16 on, a login that creates a role may grant it but not yet act as it.
  BEGIN
    SET LOCAL ROLE weir_owner;
    RESET ROLE;
  EXCEPTION WHEN insufficient_privilege THEN
    EXECUTE format('GRANT weir_owner TO %I', current_user);
  END;

  IF NOT has_schema_privilege('weir_owner', 'public', 'CREATE') THEN
    GRANT CREATE, USAGE ON SCHEMA public TO weir_owner;
  END IF;
  -- For CREATE EXTENSION vector, where it is installed; nothing else needs it.
  IF NOT has_database_privilege('weir_owner', current_database(), 'CREATE') THEN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO weir_owner', current_database());
  END IF;
END
$$;
