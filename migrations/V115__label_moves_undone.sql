-- A rollback undoes the newest move of a label that is not undone yet. Until here it looked for a move to the version of
-- now, so that four rollbacks of V1, V2, V1 went round in a circle, and a label that was taken away could not come back.

ALTER TABLE prompt_label_moves
  -- The order of moves: they are written one at a time, behind a lock, while moved_at is when a transaction began.
  ADD COLUMN place bigint GENERATED ALWAYS AS IDENTITY,
  ADD COLUMN undone_at timestamptz;
CREATE UNIQUE INDEX prompt_label_moves_place ON prompt_label_moves (function_name, label, place DESC);
GRANT UPDATE (undone_at) ON prompt_label_moves TO weir_admin;

-- What rollbacks of before have undone: each the newest move that led where it began and from where it led.
DO $$
DECLARE
  back record;
BEGIN
  FOR back IN SELECT * FROM prompt_label_moves WHERE rollback ORDER BY moved_at, id LOOP
    UPDATE prompt_label_moves SET undone_at = back.moved_at WHERE id = (
      SELECT m.id FROM prompt_label_moves AS m
      WHERE m.function_name = back.function_name AND m.label = back.label AND NOT m.rollback AND m.undone_at IS NULL
        AND (m.moved_at, m.id) < (back.moved_at, back.id)
        AND m.to_version IS NOT DISTINCT FROM back.from_version AND m.from_version IS NOT DISTINCT FROM back.to_version
      ORDER BY m.moved_at DESC, m.id DESC LIMIT 1);
  END LOOP;
END
$$;

-- What users said, beside the other sums of an arm; written by the judge of experiments.
ALTER TABLE prompt_experiments
  ADD COLUMN feedback_answers bigint NOT NULL DEFAULT 0 CHECK (feedback_answers >= 0),
  ADD COLUMN feedback_successes bigint NOT NULL DEFAULT 0 CHECK (feedback_successes >= 0);
