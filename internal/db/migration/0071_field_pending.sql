-- What a correction of a recognised visit says, until it is recognised itself: its text is bound by digest only.
CREATE TABLE field_visit_pending (
  visit_id TEXT PRIMARY KEY REFERENCES field_visit (id),
  body TEXT NOT NULL,
  filed_by TEXT NOT NULL,
  filed_at BIGINT NOT NULL
);

-- What clients sent under an id of their own, so that sending it again is safe.
CREATE TABLE field_posted (
  id TEXT PRIMARY KEY,
  body_hash TEXT NOT NULL
);
