-- Leave of people who are deployed: asked for, answered by somebody else. Days on duty are the days of the deployment
-- without the days of approved leave; nobody clocks in.
CREATE TABLE station_leave (
  id TEXT PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES station_deployment (id),
  kind TEXT NOT NULL CHECK (kind IN ('annual', 'personal', 'sick', 'other')),
  from_on TEXT NOT NULL,
  until_on TEXT NOT NULL CHECK (until_on >= from_on),
  state TEXT NOT NULL CHECK (state IN ('asked', 'approved', 'refused', 'withdrawn')),
  asked_by TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  answered_by TEXT NOT NULL CHECK (answered_by <> asked_by),
  answered_at BIGINT NOT NULL,
  why TEXT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX station_leave_deployment ON station_leave (deployment_id, from_on);

-- A rotation comes and goes with its batch; a posting stays on.
ALTER TABLE station_deployment ADD COLUMN kind TEXT NOT NULL DEFAULT 'rotation' CHECK (kind IN ('rotation', 'posting'));
