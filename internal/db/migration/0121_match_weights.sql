-- How much each part of a match is worth. A version is never changed; another person than its author puts it in force.
CREATE TABLE match_weights (
  version BIGINT PRIMARY KEY,
  parts TEXT NOT NULL,
  note TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_on TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  CHECK (approved_by = '' OR approved_by <> created_by),
  CHECK (approved_by <> '' OR valid_from = '')
);
