-- What the public sent in. All that a sender wrote is sealed under a key of its own.
CREATE TABLE portal_inbox (
  id TEXT PRIMARY KEY,
  receipt TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('plan', 'service', 'complaint')),
  unit_id TEXT NOT NULL,
  lang TEXT NOT NULL,
  sealed TEXT NOT NULL,
  form TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('new', 'accepted', 'refused')),
  received_at BIGINT NOT NULL,
  received_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  outcome TEXT NOT NULL,
  outcome_no TEXT NOT NULL,
  erased_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX portal_inbox_state ON portal_inbox (state, due_on, id);
CREATE INDEX portal_inbox_received ON portal_inbox (received_at);

-- The key of one sender's data. Erasing a person deletes this row; what stays cannot be read by anyone.
CREATE TABLE portal_key (
  inbox_id TEXT PRIMARY KEY,
  secret TEXT NOT NULL
);
