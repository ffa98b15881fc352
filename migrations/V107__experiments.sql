-- Experiments as they run: what a call is to its experiment stands in the call's row.

-- The epoch of the user's first exposure, and what the call is to the experiment (a trial and how it ended, or why it is
-- none): see Trial. Both are written once with the row, so that sums over them can be moved by exact differences.
ALTER TABLE ai_usage_metrics
  ADD COLUMN experiment_epoch integer CHECK (experiment_epoch >= 0),
  ADD COLUMN experiment_outcome text CHECK (experiment_outcome IN (
    'success', 'failure', 'cancelled', 'refused', 'hit', 'semantic', 'stale', 'coalesced', 'interrupted', 'switched_off',
    'override', 'shadow'));
