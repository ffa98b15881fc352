-- Evaluations: a set of items answered by a candidate version and compared with a baseline, scorer by scorer.

CREATE TABLE evaluations (
  evaluation_name text PRIMARY KEY CHECK (evaluation_name ~ '^[a-z][a-z0-9-]{0,62}$'),
  function_name text NOT NULL,
  -- As it was asked for: a label or a version; and the version that this was.
  candidate text NOT NULL,
  candidate_version text NOT NULL,
  -- 'stored': the answers that the items came with.
  baseline text NOT NULL,
  -- One that is asked as well, or those that gave the stored answers.
  baseline_versions text[] NOT NULL,
  scorers text[] NOT NULL,
  item_source text NOT NULL CHECK (item_source IN ('stored', 'cases')),
  items int NOT NULL CHECK (items > 0),
  -- Users, and users with an item of which it is known what the answer should be.
  units int NOT NULL,
  units_expected int NOT NULL,
  -- Stored inputs that do not fit the candidate's schema, and were left out.
  unfit int NOT NULL,
  budget_usd numeric(20, 9) NOT NULL CHECK (budget_usd > 0),
  spent_usd numeric(20, 9) NOT NULL DEFAULT 0,
  done int NOT NULL DEFAULT 0,
  status text NOT NULL DEFAULT 'running'
    CHECK (status IN ('running', 'done', 'budget', 'stopped', 'failed', 'interrupted')),
  -- Why it ended before its last item; never what was asked or answered.
  reason text,
  stop_asked boolean NOT NULL DEFAULT false,
  report jsonb,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- The node that works on it says so every few seconds.
  moved_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  CHECK ((status = 'running') = (ended_at IS NULL))
);
CREATE INDEX evaluations_age ON evaluations (created_at DESC);
GRANT SELECT, INSERT, UPDATE (stop_asked) ON evaluations TO weir_admin;
GRANT SELECT, UPDATE ON evaluations TO weir_jobs;

-- Scores and figures, without a word of what was asked or answered.
CREATE TABLE evaluation_items (
  evaluation_name text NOT NULL REFERENCES evaluations ON DELETE CASCADE,
  -- In the order in which they are asked, which knows nothing of scores; a user's items follow each other.
  position int NOT NULL,
  -- Whose it is; the evaluation's own account for a case without a user.
  user_id text NOT NULL,
  unit int NOT NULL,
  unit_items int NOT NULL,
  source_id uuid,
  scored_at timestamptz NOT NULL DEFAULT now(),
  -- 'ok' or the code of the error; 'gone' if the content was deleted before its turn.
  baseline_outcome text NOT NULL,
  candidate_outcome text NOT NULL,
  -- Whether both gave the same value; NULL unless both gave one.
  same boolean,
  -- By scorer: the baseline's and the candidate's, each null where its judge failed; null where there can be none.
  scores jsonb NOT NULL,
  baseline_ms bigint,
  candidate_ms bigint,
  baseline_cost_usd numeric(20, 9),
  candidate_cost_usd numeric(20, 9),
  PRIMARY KEY (evaluation_name, position)
);
CREATE INDEX evaluation_items_user ON evaluation_items (user_id);
CREATE INDEX evaluation_items_age ON evaluation_items (scored_at);

ALTER TABLE evaluation_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE evaluation_items FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON evaluation_items FOR SELECT TO weir_app USING (user_id = weir_user());
CREATE POLICY jobs ON evaluation_items TO weir_jobs USING (true) WITH CHECK (true);
CREATE POLICY admin ON evaluation_items FOR SELECT TO weir_admin USING (true);
GRANT SELECT ON evaluation_items TO weir_app, weir_admin;
GRANT SELECT, INSERT, DELETE ON evaluation_items TO weir_jobs;
