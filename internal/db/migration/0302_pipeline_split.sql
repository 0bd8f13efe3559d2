-- Credit may be shared otherwise for one measure than for the rest, and is agreed by the parties: each of them signs.
CREATE TABLE pipeline_measure_share (
  project_id TEXT NOT NULL REFERENCES pipeline_project (id),
  measure TEXT NOT NULL CHECK (measure IN ('contract', 'funds')),
  line BIGINT NOT NULL,
  unit_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  share BIGINT NOT NULL CHECK (share > 0 AND share <= 1000000),
  PRIMARY KEY (project_id, measure, line)
);

CREATE TABLE pipeline_split (
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL,  -- project/0192… or lead/0192…
  unit_id TEXT NOT NULL,  -- where it stands
  measure TEXT NOT NULL CHECK (measure IN ('', 'contract', 'funds')),
  to_unit TEXT NOT NULL,  -- who gets the lead
  state TEXT NOT NULL CHECK (state IN ('open', 'agreed', 'refused', 'withdrawn')),
  reason TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at BIGINT NOT NULL,
  closed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pipeline_split_open ON pipeline_split (subject) WHERE state = 'open';
CREATE INDEX pipeline_split_subject ON pipeline_split (subject, proposed_at);
CREATE INDEX pipeline_split_newest ON pipeline_split (proposed_at, id);

CREATE TABLE pipeline_split_share (
  split_id TEXT NOT NULL REFERENCES pipeline_split (id),
  line BIGINT NOT NULL,
  unit_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  share BIGINT NOT NULL CHECK (share > 0 AND share <= 1000000),
  PRIMARY KEY (split_id, line)
);

CREATE TABLE pipeline_split_party (
  split_id TEXT NOT NULL REFERENCES pipeline_split (id),
  unit_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('', 'signed', 'refused')),
  said TEXT NOT NULL,
  answered_by TEXT NOT NULL,
  answered_at BIGINT NOT NULL,
  PRIMARY KEY (split_id, unit_id),
  CHECK (state = '' OR answered_by <> '')
);
CREATE UNIQUE INDEX pipeline_split_party_person ON pipeline_split_party (split_id, answered_by) WHERE answered_by <> '';
CREATE INDEX pipeline_split_party_unit ON pipeline_split_party (unit_id, state);
