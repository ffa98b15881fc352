-- Settlement to the last unit: a row of usage names the leases of its key and its team beside its user's, so the replay of
-- a dead process's journal gives back exactly what no row names, whoever's lease it is.

ALTER TABLE ai_usage_metrics
  ADD COLUMN key_lease_id uuid,
  ADD COLUMN team_lease_id uuid;

-- A process is dead and everything in its journal is in the database: every call that it admitted has its row. What no row
-- names comes back, and nothing is held for the process any more. That goes for leases that the process had closed, too: a
-- unit may have come back to one afterwards, and the process may have died before it could say so. An hour is more than
-- any call lasts.
CREATE OR REPLACE FUNCTION weir_replayed(process uuid) RETURNS void
  LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  known ledger_processes;
  clock timestamptz;
  unsettled uuid[];
  since timestamptz;
  until timestamptz;
  credit record;
BEGIN
  SELECT * INTO known FROM ledger_processes p WHERE p.process_id = process FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    -- It was killed before the ledger knew it. Its first exchange may still be on its way, and must find it dead.
    INSERT INTO ledger_processes (process_id, node_name, ended_at, replayed_at)
    VALUES (process, '', weir_clock(), weir_clock()) ON CONFLICT DO NOTHING;
    SELECT * INTO known FROM ledger_processes p WHERE p.process_id = process FOR NO KEY UPDATE;
  END IF;
  IF known.replayed_at IS NOT NULL THEN
    RETURN;
  END IF;
  unsettled := ARRAY(
    SELECT l.lease_id FROM leases l
    WHERE l.process_id = process AND (l.state <> 'closed' OR l.closed_at > known.last_seen_at - interval '1 hour'));
  PERFORM weir_lock_subjects(array_agg(l.subject_kind), array_agg(l.subject_id), weir_clock())
  FROM leases l WHERE l.lease_id = ANY (unsettled) HAVING count(*) > 0;
  clock := weir_clock();
  PERFORM weir_lock_months(array_agg(m.subject_kind), array_agg(m.subject_id), array_agg(m.billing_month), clock)
  FROM (
    SELECT l.subject_kind, l.subject_id, l.billing_month FROM leases l WHERE l.lease_id = ANY (unsettled)
    UNION ALL
    SELECT h.subject_kind, h.subject_id, h.billing_month FROM lease_held h WHERE h.process_id = process
  ) AS m
  HAVING count(*) > 0;
  -- A row is written after its lease was granted, which the index of recorded_at makes use of, and its call began in the
  -- life of a lease, which leaves out months; the margin is for calls that were let in while the database was away.
  SELECT min(l.granted_at), max(l.expires_at) INTO since, until FROM leases l WHERE l.lease_id = ANY (unsettled);
  FOR credit IN
    WITH open AS (
      SELECT l.lease_id, l.calls_granted, l.calls_returned FROM leases l WHERE l.lease_id = ANY (unsettled)
    ), used AS (
      SELECT named.lease_id, count(*) AS units
      FROM ai_usage_metrics u
      CROSS JOIN LATERAL (VALUES (u.lease_id), (u.key_lease_id), (u.team_lease_id)) AS named (lease_id)
      JOIN open ON open.lease_id = named.lease_id
      WHERE NOT u.unit_returned AND u.recorded_at >= since - interval '10 minutes'
        AND u.started_at BETWEEN since - interval '1 day' AND until + interval '1 day'
      GROUP BY 1
    ), given AS (
      UPDATE leases l SET
        state = 'closed', closed_at = coalesce(l.closed_at, clock), closed_by = coalesce(l.closed_by, 'replay'),
        calls_returned = greatest(open.calls_returned, open.calls_granted - coalesce(used.units, 0))
      FROM open LEFT JOIN used USING (lease_id)
      WHERE l.lease_id = open.lease_id
      RETURNING l.subject_kind, l.subject_id, l.billing_month, l.bucket, l.calls_returned - open.calls_returned AS units
    )
    SELECT g.subject_kind, g.subject_id, g.billing_month, g.bucket, sum(g.units)::bigint AS units
    FROM given g WHERE g.units > 0
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  LOOP
    PERFORM weir_credit(
      credit.subject_kind, credit.subject_id, credit.billing_month, credit.bucket, credit.units);
  END LOOP;
  UPDATE user_quotas q SET usd_held = q.usd_held - h.usd_held
  FROM lease_held h
  WHERE h.process_id = process AND q.subject_kind = h.subject_kind AND q.subject_id = h.subject_id
    AND q.billing_month = h.billing_month;
  DELETE FROM lease_held h WHERE h.process_id = process;
  UPDATE ledger_processes p SET replayed_at = clock, ended_at = coalesce(p.ended_at, clock) WHERE p.process_id = process;
END
$$;

-- The last batch of counted refusals of each process: one whose commit was not heard of is sent again, and counts once.
CREATE TABLE refusal_batches (
  process_id uuid PRIMARY KEY,
  number bigint NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON refusal_batches TO weir_ledger;
GRANT SELECT, DELETE ON refusal_batches TO weir_jobs;
GRANT SELECT ON refusal_batches TO weir_admin;
