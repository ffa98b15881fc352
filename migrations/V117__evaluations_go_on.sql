-- Evaluations that outlive the node that works on them: what is left to ask stands in the database, and the next node goes on.

ALTER TABLE evaluations
  -- How many nodes have worked on it. Only the newest writes: one that was away for long finds that it is no longer its own.
  ADD COLUMN turn int NOT NULL DEFAULT 1,
  -- The node that worked on it went down in order and waits for nobody; else its silence has to last before another takes it.
  ADD COLUMN handed_over boolean NOT NULL DEFAULT false,
  -- Nodes in a row that fell silent without an item done since they began, and how many items were done when the last began.
  ADD COLUMN silences int NOT NULL DEFAULT 0,
  ADD COLUMN done_before int NOT NULL DEFAULT 0,
  -- 'function version model' of all that is asked, judges too; if one is another by now, scores would mix two things.
  ADD COLUMN asks text[] NOT NULL DEFAULT '{}',
  -- Stored calls that failed for a reason that says nothing of the version, and were left out.
  ADD COLUMN left_out int NOT NULL DEFAULT 0;
CREATE INDEX evaluations_running ON evaluations (moved_at) WHERE status = 'running';

-- What is left to ask of evaluations that run. A row goes when its item is scored, and all go when the evaluation ends, which
-- it does a day after it was last worked on at the latest: so the words of a case that came from a file are kept no longer.
CREATE TABLE evaluation_work (
  evaluation_name text NOT NULL REFERENCES evaluations ON DELETE CASCADE,
  position int NOT NULL,
  -- Whose it is; the evaluation's own account for a case without a user.
  user_id text NOT NULL,
  unit int NOT NULL,
  unit_items int NOT NULL,
  -- A stored content, which is read at its turn, or a case as JSON.
  source_id uuid,
  given bytea,
  PRIMARY KEY (evaluation_name, position),
  CHECK (num_nonnulls(source_id, given) = 1)
);
CREATE INDEX evaluation_work_user ON evaluation_work (user_id);

ALTER TABLE evaluation_work ENABLE ROW LEVEL SECURITY;
ALTER TABLE evaluation_work FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON evaluation_work FOR SELECT TO weir_app USING (user_id = weir_user());
CREATE POLICY jobs ON evaluation_work TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON evaluation_work FOR INSERT TO weir_admin WITH CHECK (true);
GRANT SELECT ON evaluation_work TO weir_app;
GRANT SELECT, DELETE ON evaluation_work TO weir_jobs;
GRANT INSERT ON evaluation_work TO weir_admin;
