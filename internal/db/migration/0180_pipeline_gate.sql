-- The stages of a project. What each demands is data: versions of the gates, of which version 1 is in the program. A version is
-- never changed; another person than its author puts it in force.
CREATE TABLE pipeline_gates (
  version BIGINT PRIMARY KEY,
  gates TEXT NOT NULL,
  note TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_on TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  CHECK (approved_by = '' OR approved_by <> created_by),
  CHECK (approved_by <> '' OR valid_from = '')
);

-- A column's check cannot be changed, so the stage becomes a new column. The status stands apart from it.
ALTER TABLE pipeline_project ADD COLUMN at_stage TEXT NOT NULL DEFAULT 'L2'
  CHECK (at_stage IN ('L2', 'L3', 'L4', 'Q1', 'Q2', 'R1', 'R2', 'R3', 'C1', 'C2', 'P1', 'P2', 'P3'));
UPDATE pipeline_project SET at_stage = 'Q2' WHERE stage = 'signed';
ALTER TABLE pipeline_project DROP COLUMN stage;
ALTER TABLE pipeline_project RENAME COLUMN at_stage TO stage;
ALTER TABLE pipeline_project ADD COLUMN status TEXT NOT NULL DEFAULT 'normal'
  CHECK (status IN ('normal', 'paused', 'lost', 'terminated', 'in_doubt', 'merged'));
CREATE INDEX pipeline_project_stage ON pipeline_project (stage, updated_at, id);

-- A move to a stage: filed by one person, confirmed by another or, where it counts, verified at three levels.
CREATE TABLE pipeline_move (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES pipeline_project (id),
  stage TEXT NOT NULL,
  reached_on TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('filed', 'confirmed', 'refused')),
  gates BIGINT NOT NULL,
  instead TEXT NOT NULL,
  moved_by TEXT NOT NULL,
  moved_at BIGINT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  UNIQUE (project_id, stage),
  CHECK (state <> 'confirmed' OR (decided_by <> '' AND decided_by <> moved_by))
);
CREATE INDEX pipeline_move_state ON pipeline_move (state, moved_at);

-- What the gates ask for: fields of the project and files by kind.
CREATE TABLE pipeline_detail (
  project_id TEXT NOT NULL REFERENCES pipeline_project (id),
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (project_id, field)
);
CREATE INDEX pipeline_detail_value ON pipeline_detail (field, value);

CREATE TABLE pipeline_paper (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES pipeline_project (id),
  kind TEXT NOT NULL,
  blob TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size BIGINT NOT NULL,
  added_by TEXT NOT NULL,
  added_at BIGINT NOT NULL,
  UNIQUE (project_id, kind, blob)
);

-- Every change of a project's status, with its reason.
CREATE TABLE pipeline_status (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES pipeline_project (id),
  status TEXT NOT NULL,
  cause TEXT NOT NULL,
  reason TEXT NOT NULL,
  target TEXT NOT NULL,
  since_on TEXT NOT NULL,
  set_by TEXT NOT NULL,
  set_at BIGINT NOT NULL
);
CREATE INDEX pipeline_status_project ON pipeline_status (project_id, set_at);
