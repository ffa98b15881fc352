-- The arbiter of limits: leases of units, accounts of money, settlement by what usage says. docs/decisions/040-leases.md
-- tells the protocol and why each rule stands.
--
-- All that a process wants of the arbiter it says in one statement, weir_exchange: what it gives back, what it takes, what
-- its attempts may still cost. Locks are taken in one order everywhere: the process, api_rate_limits, user_quotas, leases,
-- lease_held, each by its key.

-- The one clock of the ledger. A simulated world replaces it.
CREATE FUNCTION weir_clock() RETURNS timestamptz LANGUAGE sql VOLATILE RETURN clock_timestamp();

-- Money has no leases, but one account per process, subject and month: what its attempts owe and may still cost. It has no
-- time to live, because no cost disappears when time passes; the process says what it owes, and only that is let go.
ALTER TABLE leases
  DROP COLUMN usd_granted, DROP COLUMN usd_settled, DROP COLUMN usd_held, DROP COLUMN usd_returned;
ALTER TABLE user_quotas DROP COLUMN usd_leased;

-- When a take last fell short because other processes had units left: only then is a return worth telling.
ALTER TABLE api_rate_limits ADD COLUMN short_at timestamptz;

-- The number of the last exchange. One that comes twice changes nothing, one that comes late is refused.
ALTER TABLE ledger_processes ADD COLUMN exchanges bigint NOT NULL DEFAULT 0;

-- What a process enforces by itself: bursts and calls at once. NULL is no limit.
ALTER TABLE tiers
  ADD COLUMN calls_per_minute bigint CHECK (calls_per_minute >= 1),
  ADD COLUMN concurrent_calls bigint CHECK (concurrent_calls >= 1);
ALTER TABLE subject_limits
  DROP CONSTRAINT subject_limits_unit_check,
  DROP CONSTRAINT subject_limits_period_check,
  ADD CONSTRAINT subject_limits_enforced CHECK (
    (unit, period) IN (
      ('calls', 'minute'), ('calls', 'day'), ('calls', 'month'), ('tokens', 'minute'), ('usd', 'month'),
      ('concurrent', 'moment')));

-- The unit of this call came back: nothing was sent for it, or all that was sent was refused.
ALTER TABLE ai_usage_metrics ADD COLUMN unit_returned boolean NOT NULL DEFAULT false;

CREATE TYPE weir_standing AS (
  entry bigint,
  kind text,
  id text,
  moment timestamptz,
  month date,
  -- Of the take: units, and for how long from the moment on.
  granted bigint,
  time_to_live_ms bigint,
  epoch bigint,
  tier text,
  disabled boolean,
  -- Used means debited: used, leased or in doubt. NULL limits are none.
  day_limit bigint,
  day_used bigint,
  month_limit bigint,
  month_used bigint,
  -- Units in live leases of other processes, and how long the last of these lasts.
  elsewhere bigint,
  elsewhere_ms bigint,
  -- Until the oldest used unit of the day comes back; until the month ends.
  day_frees_ms bigint,
  month_ends_ms bigint,
  -- Nano-dollars; held is the sum of all accounts, cover that of this process.
  usd_limit bigint,
  usd_settled bigint,
  usd_held bigint,
  cover bigint,
  tokens_per_minute bigint,
  calls_per_minute bigint,
  concurrent bigint,
  when_storage_away text,
  away_calls bigint,
  away_usd bigint,
  replicas bigint);

-- Gives units back to the bucket and the month that their lease charged. The rows are locked by then.
CREATE FUNCTION weir_credit(kind text, id text, month date, bucket bigint, units bigint) RETURNS void
  LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  UPDATE user_quotas q SET calls_used = q.calls_used - units
  WHERE q.subject_kind = kind AND q.subject_id = id AND q.billing_month = month;
  -- A bucket that has left the window is gone, and its units have come back with it.
  UPDATE api_rate_limits r
  SET buckets[bucket - r.first_bucket + 1] = r.buckets[bucket - r.first_bucket + 1] - units
  WHERE r.subject_kind = kind AND r.subject_id = id AND r.unit = 'calls' AND r.period = 'day'
    AND bucket BETWEEN r.first_bucket AND r.first_bucket + cardinality(r.buckets) - 1;
  PERFORM pg_notify('weir_returns', kind || ':' || id)
  FROM api_rate_limits r
  WHERE r.subject_kind = kind AND r.subject_id = id AND r.unit = 'calls' AND r.period = 'day'
    AND r.short_at > weir_clock() - interval '15 seconds';
END
$$;

-- Locks subjects, and opens those that are new: in key order, row by row, whether they exist or not. A separate insert of
-- the missing ones would lock in another order than the writer of usage does.
CREATE FUNCTION weir_lock_subjects(kinds text[], ids text[], moment timestamptz) RETURNS void
  LANGUAGE sql VOLATILE
BEGIN ATOMIC
  INSERT INTO api_rate_limits AS kept (subject_kind, subject_id, unit, period, last_at)
  SELECT DISTINCT subject.kind, subject.id, 'calls', 'day', moment
  FROM unnest(kinds, ids) AS subject (kind, id)
  ORDER BY 1, 2
  ON CONFLICT (subject_kind, subject_id, unit, period) DO UPDATE SET last_at = kept.last_at WHERE false;
END;

CREATE FUNCTION weir_lock_months(kinds text[], ids text[], months date[], moment timestamptz) RETURNS void
  LANGUAGE sql VOLATILE
BEGIN ATOMIC
  INSERT INTO user_quotas AS kept (subject_kind, subject_id, billing_month, last_at)
  SELECT DISTINCT subject.kind, subject.id, subject.month, moment
  FROM unnest(kinds, ids, months) AS subject (kind, id, month)
  ORDER BY 1, 2, 3
  ON CONFLICT (subject_kind, subject_id, billing_month) DO UPDATE SET last_at = kept.last_at WHERE false;
END;

-- One exchange of a process with the ledger.
--
-- number       1, 2, 3, ...: one at a time; repeated with the same arguments until it is answered
-- returned_*   units given back to a lease, and whether it ends thereby; a lease stands here once
-- the others   one entry each: a take (lease_ids), an account's state (owed), or neither, which only asks. A take wants
--              so many units, of which so many are waited for; a negative want was used already. An account owes what its attempts cost or may cost, needs at
--              least so much, and would like so much; it may use what it
--              kept until it is answered, so that stands. A NULL month is the current one.
CREATE FUNCTION weir_exchange(
    process uuid, node text, number bigint, time_to_live interval,
    returned_leases uuid[], returned_units bigint[], returned_ends boolean[],
    kinds text[], ids text[], lease_ids uuid[], waiting bigint[], wanted bigint[],
    months date[], owed bigint[], kept bigint[], needed bigint[], cover_wanted bigint[])
  RETURNS SETOF weir_standing LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  width CONSTANT bigint := 240;
  a_day CONSTANT bigint := 86400;
  nanos CONSTANT numeric := 1000000000;
  endless CONSTANT bigint := 9000000000000000000;
  known ledger_processes;
  fresh boolean;
  clock timestamptz := weir_clock();
  live bigint;
  given_kinds text[];
  given_ids text[];
  given_months date[];
  credit record;
  s record;
  w weir_standing;
  room bigint;
  share bigint;
  expires timestamptz;
  first bigint;
  oldest bigint;
  charged bigint;
  window_ bigint[];
  current bigint;
BEGIN
  SELECT * INTO known FROM ledger_processes p WHERE p.process_id = process FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    INSERT INTO ledger_processes (process_id, node_name, started_at, last_seen_at)
    VALUES (process, node, clock, clock) RETURNING * INTO known;
  END IF;
  IF known.replayed_at IS NOT NULL THEN
    RAISE EXCEPTION 'the journal of process % was replayed, so it counts as dead', process
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF number < known.exchanges THEN
    RAISE EXCEPTION 'exchange % of process % comes after %', number, process, known.exchanges
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  fresh := number > known.exchanges;

  SELECT coalesce(array_agg(l.subject_kind), '{}'), coalesce(array_agg(l.subject_id), '{}'),
    coalesce(array_agg(l.billing_month), '{}')
  INTO given_kinds, given_ids, given_months
  FROM leases l WHERE l.lease_id = ANY (returned_leases) AND l.process_id = process;

  PERFORM weir_lock_subjects(kinds || given_kinds, ids || given_ids, clock);
  -- After the lock: while we waited, time went by. The months are locked next, whose holders wait for nobody; should that
  -- take long, this moment lies a little back, which shortens a lease and returns units later, never earlier.
  clock := weir_clock();
  INSERT INTO users (user_id)
  SELECT DISTINCT e.id FROM unnest(kinds, ids) AS e (kind, id)
  WHERE e.kind = 'user' AND NOT EXISTS (SELECT FROM users u WHERE u.user_id = e.id)
  ORDER BY 1 ON CONFLICT DO NOTHING;
  PERFORM weir_lock_months(
    array_agg(m.kind), array_agg(m.id), array_agg(m.month), clock)
  FROM (
    SELECT e.kind, e.id,
      coalesce(e.month, date_trunc('month', greatest(clock, r.last_at) AT TIME ZONE 'UTC')::date) AS month
    FROM unnest(kinds, ids, months) AS e (kind, id, month)
    JOIN api_rate_limits r
      ON r.subject_kind = e.kind AND r.subject_id = e.id AND r.unit = 'calls' AND r.period = 'day'
    UNION ALL
    SELECT g.kind, g.id, g.month FROM unnest(given_kinds, given_ids, given_months) AS g (kind, id, month)
  ) AS m
  HAVING count(*) > 0;

  IF fresh THEN
    FOR credit IN
      WITH given AS (
        UPDATE leases l SET
          calls_returned = l.calls_returned + r.units,
          state = CASE WHEN r.ends THEN 'closed' ELSE l.state END,
          closed_at = CASE WHEN r.ends THEN clock ELSE l.closed_at END,
          closed_by = CASE WHEN r.ends THEN 'owner' ELSE l.closed_by END
        FROM unnest(returned_leases, returned_units, returned_ends) AS r (lease_id, units, ends)
        WHERE l.lease_id = r.lease_id AND l.process_id = process AND NOT (r.ends AND l.state = 'closed')
        RETURNING l.subject_kind, l.subject_id, l.billing_month, l.bucket, r.units
      )
      SELECT g.subject_kind, g.subject_id, g.billing_month, g.bucket, sum(g.units)::bigint AS units
      FROM given g WHERE g.units > 0
      GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    LOOP
      PERFORM weir_credit(
        credit.subject_kind, credit.subject_id, credit.billing_month, credit.bucket, credit.units);
    END LOOP;
  END IF;

  SELECT greatest(1, count(*)) INTO live FROM ledger_processes p
  WHERE p.ended_at IS NULL AND (p.last_seen_at > clock - interval '30 seconds' OR p.process_id = process);

  FOR s IN
    SELECT
      e.n, e.kind, e.id, e.lease_id, e.waiting, e.wanted, e.owed, e.kept, e.needed, e.cover,
      r.first_bucket, r.buckets, at.moment, at.month, q.calls_used, d.used AS day_used, d.oldest,
      coalesce(u.epoch, k.epoch, m.epoch, 0) AS epoch, t.name AS tier, u.disabled_at IS NOT NULL AS disabled,
      coalesce(l.day, t.calls_per_day) AS day_limit, coalesce(l.month, t.calls_per_month) AS month_limit,
      (coalesce(l.usd, t.usd_per_month) * nanos)::bigint AS usd_limit,
      (q.usd_settled * nanos)::bigint AS usd_settled, (q.usd_held * nanos)::bigint AS usd_held,
      (coalesce(h.usd_held, 0) * nanos)::bigint AS cover_now,
      coalesce(l.tokens, t.tokens_per_minute) AS tokens_per_minute,
      coalesce(l.burst, t.calls_per_minute) AS calls_per_minute,
      coalesce(l.concurrent, t.concurrent_calls) AS concurrent,
      coalesce(t.when_storage_away, 'open') AS when_storage_away, coalesce(t.away_calls, 0) AS away_calls,
      (coalesce(t.away_usd, 0) * nanos)::bigint AS away_usd
    FROM unnest(kinds, ids, lease_ids, waiting, wanted, months, owed, kept, needed, cover_wanted)
      WITH ORDINALITY AS e (kind, id, lease_id, waiting, wanted, month, owed, kept, needed, cover, n)
    JOIN api_rate_limits r
      ON r.subject_kind = e.kind AND r.subject_id = e.id AND r.unit = 'calls' AND r.period = 'day'
    CROSS JOIN LATERAL (
      SELECT greatest(clock, r.last_at) AS moment,
        coalesce(e.month, date_trunc('month', greatest(clock, r.last_at) AT TIME ZONE 'UTC')::date) AS month
    ) AS at
    JOIN user_quotas q ON q.subject_kind = e.kind AND q.subject_id = e.id AND q.billing_month = at.month
    LEFT JOIN users u ON e.kind = 'user' AND u.user_id = e.id
    LEFT JOIN tiers t ON t.name = u.tier
    LEFT JOIN api_keys k ON k.id = CASE WHEN e.kind = 'key' THEN e.id::uuid END
    LEFT JOIN teams m ON e.kind = 'team' AND m.team_id = e.id
    LEFT JOIN lease_held h ON h.process_id = process AND h.subject_kind = e.kind AND h.subject_id = e.id
      AND h.billing_month = at.month
    CROSS JOIN LATERAL (
      SELECT
        max(x.amount) FILTER (WHERE x.unit = 'calls' AND x.period = 'day')::bigint AS day,
        max(x.amount) FILTER (WHERE x.unit = 'calls' AND x.period = 'month')::bigint AS month,
        max(x.amount) FILTER (WHERE x.unit = 'usd') AS usd,
        max(x.amount) FILTER (WHERE x.unit = 'tokens')::bigint AS tokens,
        max(x.amount) FILTER (WHERE x.unit = 'calls' AND x.period = 'minute')::bigint AS burst,
        max(x.amount) FILTER (WHERE x.unit = 'concurrent')::bigint AS concurrent
      FROM subject_limits x WHERE x.subject_kind = e.kind AND x.subject_id = e.id
    ) AS l
    CROSS JOIN LATERAL (
      -- A bucket counts until the last moment in it is a day old.
      SELECT coalesce(sum(b.units), 0)::bigint AS used, min(r.first_bucket + b.i - 1) FILTER (WHERE b.units > 0) AS oldest
      FROM unnest(r.buckets) WITH ORDINALITY AS b (units, i)
      WHERE r.first_bucket + b.i - 1 >= floor((extract(epoch FROM at.moment) - a_day) / width)
    ) AS d
    ORDER BY e.kind, e.id, e.n
  LOOP
    w := NULL;
    w.entry := s.n; w.kind := s.kind; w.id := s.id; w.moment := s.moment; w.month := s.month; w.granted := 0;
    w.time_to_live_ms := 0; w.epoch := s.epoch; w.tier := coalesce(s.tier, ''); w.disabled := coalesce(s.disabled, false);
    w.day_limit := s.day_limit; w.day_used := s.day_used; w.month_limit := s.month_limit; w.month_used := s.calls_used;
    w.elsewhere := 0; w.elsewhere_ms := 0;
    oldest := s.oldest;
    w.usd_limit := s.usd_limit; w.usd_settled := s.usd_settled; w.usd_held := s.usd_held; w.cover := s.cover_now;
    w.tokens_per_minute := s.tokens_per_minute; w.calls_per_minute := s.calls_per_minute; w.concurrent := s.concurrent;
    w.when_storage_away := s.when_storage_away; w.away_calls := s.away_calls; w.away_usd := s.away_usd;
    w.replicas := live;
    expires := (s.month + interval '1 month') AT TIME ZONE 'UTC';
    w.month_ends_ms := (extract(epoch FROM expires - s.moment) * 1000)::bigint;

    IF s.lease_id IS NOT NULL AND fresh THEN
      room := least(coalesce(s.day_limit - s.day_used, endless), coalesce(s.month_limit - s.calls_used, endless));
      share := CASE WHEN room = endless THEN s.wanted ELSE greatest(room / (4 * live), 1) END;
      w.granted := greatest(0, least(s.wanted, room, greatest(s.waiting, share)));
      IF s.wanted < 0 THEN
        -- Calls that a tier lets in while the database is away have happened: they are charged, whatever is left.
        w.granted := -s.wanted;
      END IF;
      -- A lease ends with its month, so that its units and its money belong to one.
      expires := least(s.moment + time_to_live, expires);
      IF w.granted > 0 AND NOT w.disabled THEN
        charged := floor(extract(epoch FROM expires) / width);
        first := s.first_bucket;
        window_ := s.buckets[greatest(floor((extract(epoch FROM s.moment) - a_day) / width)::bigint - first, 0) + 1 :];
        first := first + cardinality(s.buckets) - cardinality(window_);
        IF cardinality(window_) = 0 THEN
          first := charged;
        END IF;
        charged := greatest(charged, first);
        IF charged - first + 1 > cardinality(window_) THEN
          window_ := window_ || array_fill(0::bigint, ARRAY[(charged - first + 1 - cardinality(window_))::integer]);
        END IF;
        window_[charged - first + 1] := window_[charged - first + 1] + w.granted;
        UPDATE api_rate_limits r SET buckets = window_, first_bucket = first, last_at = s.moment
        WHERE r.subject_kind = s.kind AND r.subject_id = s.id AND r.unit = 'calls' AND r.period = 'day';
        UPDATE user_quotas q SET calls_used = q.calls_used + w.granted, last_at = greatest(q.last_at, s.moment)
        WHERE q.subject_kind = s.kind AND q.subject_id = s.id AND q.billing_month = s.month;
        INSERT INTO leases (lease_id, process_id, subject_kind, subject_id, epoch, billing_month, bucket, calls_granted,
          granted_at, expires_at)
        VALUES (s.lease_id, process, s.kind, s.id, s.epoch, s.month, charged, w.granted, s.moment, expires);
        w.time_to_live_ms := (extract(epoch FROM expires - s.moment) * 1000)::bigint;
        w.day_used := w.day_used + w.granted;
        w.month_used := w.month_used + w.granted;
        oldest := coalesce(oldest, charged);
      ELSE
        w.granted := 0;
      END IF;
      IF w.granted < s.waiting THEN
        SELECT coalesce(sum(l.calls_granted - l.calls_returned), 0),
          coalesce((extract(epoch FROM max(l.expires_at) - s.moment) * 1000)::bigint, 0)
        INTO w.elsewhere, w.elsewhere_ms
        FROM leases l
        WHERE l.subject_kind = s.kind AND l.subject_id = s.id AND l.state = 'live' AND l.expires_at > s.moment
          AND l.process_id <> process;
        IF w.elsewhere > 0 THEN
          UPDATE api_rate_limits r SET short_at = s.moment
          WHERE r.subject_kind = s.kind AND r.subject_id = s.id AND r.unit = 'calls' AND r.period = 'day';
          PERFORM pg_notify('weir_recall', process || ' ' || s.kind || ':' || s.id);
        END IF;
      END IF;
    ELSIF s.lease_id IS NOT NULL THEN
      SELECT l.calls_granted, (extract(epoch FROM l.expires_at - l.granted_at) * 1000)::bigint, l.granted_at, l.billing_month
      INTO w.granted, w.time_to_live_ms, w.moment, w.month
      FROM leases l WHERE l.lease_id = s.lease_id;
      IF NOT FOUND THEN
        w.granted := 0; w.time_to_live_ms := 0; w.moment := s.moment; w.month := s.month;
      END IF;
    END IF;

    IF s.owed IS NOT NULL AND fresh THEN
      -- Read here, not with the others: what an entry before changed is seen, and held sums up to the accounts.
      current := coalesce((
        SELECT (h.usd_held * nanos)::bigint FROM lease_held h
        WHERE h.process_id = process AND h.subject_kind = s.kind AND h.subject_id = s.id AND h.billing_month = s.month), 0);
      IF s.usd_limit IS NULL THEN
        w.cover := s.owed;
      ELSE
        -- What this account may come to. What is owed stands in any case: it happened, or may happen still. What
        -- Postgres held so far counts for nothing: rows that were written since have moved a part of it to the settled.
        room := s.usd_limit - s.usd_settled - (s.usd_held - current);
        share := s.owed + greatest(room - s.owed, 0) / (4 * live);
        w.cover := greatest(s.owed, least(s.cover, greatest(s.kept, least(room, greatest(s.needed, share)))));
        IF w.cover < s.needed AND s.usd_held > current THEN
          PERFORM pg_notify('weir_recall', process || ' ' || s.kind || ':' || s.id);
        END IF;
      END IF;
      IF w.cover <> current THEN
        IF w.cover = 0 THEN
          DELETE FROM lease_held h WHERE h.process_id = process AND h.subject_kind = s.kind AND h.subject_id = s.id
            AND h.billing_month = s.month;
        ELSE
          INSERT INTO lease_held (process_id, subject_kind, subject_id, billing_month, usd_held, changed_at)
          VALUES (process, s.kind, s.id, s.month, w.cover / nanos, clock)
          ON CONFLICT (process_id, subject_kind, subject_id, billing_month)
          DO UPDATE SET usd_held = excluded.usd_held, changed_at = excluded.changed_at;
        END IF;
        UPDATE user_quotas q SET usd_held = q.usd_held + (w.cover - current) / nanos
        WHERE q.subject_kind = s.kind AND q.subject_id = s.id AND q.billing_month = s.month;
        w.usd_held := w.usd_held + w.cover - current;
      END IF;
    END IF;
    w.day_frees_ms := greatest(0, ceil(((coalesce(oldest, 0) + 1) * width + a_day - extract(epoch FROM w.moment)) * 1000))::bigint;
    RETURN NEXT w;
  END LOOP;

  UPDATE ledger_processes p SET exchanges = number, last_seen_at = greatest(p.last_seen_at, clock)
  WHERE p.process_id = process;
END
$$;

-- A process is dead and everything in its journal is in the database: every call that it admitted has its row. What no row
-- names comes back, and nothing is held for the process any more. A row names the lease of its user's unit; the leases of
-- keys and teams stay charged, since nobody can tell how much of them was used.
CREATE FUNCTION weir_replayed(process uuid) RETURNS void
  LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  known ledger_processes;
  clock timestamptz;
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
  PERFORM weir_lock_subjects(array_agg(l.subject_kind), array_agg(l.subject_id), weir_clock())
  FROM leases l WHERE l.process_id = process AND l.state <> 'closed' HAVING count(*) > 0;
  clock := weir_clock();
  PERFORM weir_lock_months(array_agg(m.subject_kind), array_agg(m.subject_id), array_agg(m.billing_month), clock)
  FROM (
    SELECT l.subject_kind, l.subject_id, l.billing_month FROM leases l WHERE l.process_id = process AND l.state <> 'closed'
    UNION ALL
    SELECT h.subject_kind, h.subject_id, h.billing_month FROM lease_held h WHERE h.process_id = process
  ) AS m
  HAVING count(*) > 0;
  FOR credit IN
    WITH open AS (
      SELECT l.lease_id, l.calls_returned,
        CASE
          WHEN l.subject_kind <> 'user' THEN l.calls_returned
          ELSE greatest(l.calls_returned, l.calls_granted - (
            -- The times of the rows are the database's as well as a node can know them, hence the margins.
            SELECT count(*) FROM ai_usage_metrics u
            WHERE u.user_id = l.subject_id AND u.lease_id = l.lease_id AND NOT u.unit_returned
              AND u.started_at BETWEEN l.granted_at - interval '1 day' AND l.expires_at + interval '1 day'))
        END AS returned
      FROM leases l
      WHERE l.process_id = process AND l.state <> 'closed'
    ), given AS (
      UPDATE leases l SET
        state = 'closed', closed_at = clock, closed_by = 'replay', calls_returned = open.returned
      FROM open WHERE l.lease_id = open.lease_id
      RETURNING l.subject_kind, l.subject_id, l.billing_month, l.bucket, open.returned - open.calls_returned AS units
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

-- Names what is in doubt. Nothing rests on the name: a lease past its time without a report stays charged either way.
CREATE FUNCTION weir_mark_in_doubt() RETURNS bigint
  LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  marked bigint;
BEGIN
  UPDATE leases SET state = 'in_doubt'
  WHERE lease_id IN (
    SELECT l.lease_id FROM leases l
    WHERE l.state = 'live' AND l.expires_at < weir_clock() - interval '5 seconds'
    ORDER BY l.lease_id LIMIT 1000 FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS marked = ROW_COUNT;
  RETURN marked;
END
$$;

-- Settlement: the money of a month is what the rows of usage say, kept by the statement that writes them. What came twice
-- is not inserted twice, and a changed cost (a late finish, a new price, another name after erasure) moves it by the
-- difference. The names sort after those of the roll-ups, which therefore lock first in every writer.
CREATE FUNCTION weir_usage_inserted_settles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO user_quotas AS kept (subject_kind, subject_id, billing_month, usd_settled)
  SELECT subject.kind, subject.id, f.billing_month, sum(f.cost)
  FROM (
    SELECT a.billing_month, a.user_id, a.key_id, a.team_id, sum(a.cost_usd) AS cost
    FROM added a WHERE a.cost_usd > 0
    GROUP BY 1, 2, 3, 4
  ) AS f
  CROSS JOIN LATERAL (VALUES ('user', f.user_id), ('key', f.key_id::text), ('team', f.team_id)) AS subject (kind, id)
  WHERE subject.id IS NOT NULL
  GROUP BY 1, 2, 3
  ORDER BY 1, 2, 3
  ON CONFLICT (subject_kind, subject_id, billing_month)
  DO UPDATE SET usd_settled = kept.usd_settled + excluded.usd_settled;
  RETURN NULL;
END
$$;
CREATE TRIGGER ai_usage_metrics_inserted_settles AFTER INSERT ON ai_usage_metrics
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION weir_usage_inserted_settles();

CREATE FUNCTION weir_usage_updated_settles() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed_kinds text[];
  changed_ids text[];
  changed_months date[];
  differences numeric[];
BEGIN
  SELECT array_agg(d.kind), array_agg(d.id), array_agg(d.billing_month), array_agg(d.difference)
  INTO changed_kinds, changed_ids, changed_months, differences
  FROM (
    SELECT subject.kind, subject.id, c.billing_month, sum(c.cost) AS difference
    FROM (
      SELECT a.billing_month, a.user_id, a.key_id, a.team_id, a.cost_usd AS cost FROM added a WHERE a.cost_usd <> 0
      UNION ALL
      SELECT r.billing_month, r.user_id, r.key_id, r.team_id, -r.cost_usd FROM removed r WHERE r.cost_usd <> 0
    ) AS c
    CROSS JOIN LATERAL (VALUES ('user', c.user_id), ('key', c.key_id::text), ('team', c.team_id)) AS subject (kind, id)
    WHERE subject.id IS NOT NULL
    GROUP BY 1, 2, 3
    HAVING sum(c.cost) <> 0
  ) AS d;
  IF changed_kinds IS NOT NULL THEN
    -- A difference may be negative, which no insert can hold: lock first, then add.
    PERFORM weir_lock_months(changed_kinds, changed_ids, changed_months, weir_clock());
    -- Nothing is settled of a user whose rows erasure has deleted already.
    UPDATE user_quotas q SET usd_settled = greatest(0, q.usd_settled + d.difference)
    FROM unnest(changed_kinds, changed_ids, changed_months, differences) AS d (kind, id, month, difference)
    WHERE q.subject_kind = d.kind AND q.subject_id = d.id AND q.billing_month = d.month;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ai_usage_metrics_updated_settles AFTER UPDATE ON ai_usage_metrics
  REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION weir_usage_updated_settles();

-- Erasure and re-pricing change usage as weir_jobs, and settlement follows in their name.
GRANT INSERT, UPDATE ON user_quotas TO weir_jobs;
GRANT SELECT ON leases, lease_held TO weir_admin;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['weir_exchange', 'weir_replayed', 'weir_mark_in_doubt', 'weir_credit', 'weir_lock_subjects'] LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %I FROM PUBLIC', name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %I TO weir_ledger', name);
  END LOOP;
END
$$;
