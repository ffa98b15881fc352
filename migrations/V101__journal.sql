-- What the journal of usage needs of the database.

-- A record whose time lay outside of the partitions that existed was moved to their edge. The moved time is half of its
-- key: here it is found again when the same record comes a second time and there are more partitions by then.
CREATE TABLE usage_clamps (
  id uuid PRIMARY KEY,
  started_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON usage_clamps TO weir_ledger;
