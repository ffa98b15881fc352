-- Experiments of a million users: what their judge asks for every few seconds is found by an index.

-- First trials in the order in which they are judged.
CREATE INDEX experiment_units_first ON experiment_units (experiment_name, first_trial_at, user_id)
  WHERE first_trial_at IS NOT NULL;

-- Windows that are over, of one experiment, in an order that does not know the arms.
DROP INDEX experiment_units_open;
CREATE INDEX experiment_units_open ON experiment_units (experiment_name, window_ends_at, user_id) WHERE closed_at IS NULL;

-- From which epoch on an arm's users are compared: one that is switched on again begins anew, since those who came before
-- the switching off were harmed by what was mended, and get control's behaviour for good.
ALTER TABLE prompt_experiments ADD COLUMN counts_from_epoch integer NOT NULL DEFAULT 0;
UPDATE prompt_experiments SET counts_from_epoch = off_before_epoch WHERE switched_off_at IS NULL;

-- Of a call's replaced and late opinions the last few are kept, so their own user's transaction takes the others away.
GRANT DELETE ON feedback TO weir_app;
CREATE INDEX feedback_request ON feedback (request_id, user_id);
