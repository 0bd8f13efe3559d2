-- What a unit or a team is to reach in a year. Setting one again adds a row: an assessment reads what was set when it ran.
CREATE TABLE assess_target (
  id TEXT PRIMARY KEY,
  node_id TEXT NOT NULL,
  measure TEXT NOT NULL,
  year TEXT NOT NULL,
  value BIGINT NOT NULL CHECK (value >= 0),
  set_by TEXT NOT NULL,
  set_at BIGINT NOT NULL
);

CREATE INDEX assess_target_of ON assess_target (year, measure, node_id, set_at);
