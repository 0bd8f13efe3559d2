-- What was established about a unit or team beside the ledger: a false entry, an unlawful policy. It counts once another
-- person has confirmed it; it is taken back, never changed.
CREATE TABLE assess_ruling (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  node_id TEXT NOT NULL,
  found_on TEXT NOT NULL,
  source TEXT NOT NULL,
  reason TEXT NOT NULL,
  blob TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  confirmed_by TEXT NOT NULL,
  confirmed_at BIGINT NOT NULL,
  withdrawn_by TEXT NOT NULL,
  withdrawn_at BIGINT NOT NULL,
  withdrawn_why TEXT NOT NULL,
  CHECK (confirmed_by = '' OR confirmed_by <> made_by)
);

CREATE INDEX assess_ruling_of ON assess_ruling (kind, node_id, found_on);
