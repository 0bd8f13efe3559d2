-- What leaders ask for (督办): who owns it, by when, what was done. A step is never changed.
CREATE TABLE directive_directive (
  id TEXT PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  subject TEXT NOT NULL,
  leader_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  issued_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'reported', 'closed', 'cancelled')),
  progress BIGINT NOT NULL CHECK (progress BETWEEN 0 AND 100),
  moved_on TEXT NOT NULL,
  reported_by TEXT NOT NULL,
  reported_on TEXT NOT NULL,
  closed_by TEXT NOT NULL,
  closed_on TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  CHECK (state <> 'closed' OR closed_by <> reported_by)
);

CREATE INDEX directive_directive_due ON directive_directive (state, due_on, id);
CREATE INDEX directive_directive_subject ON directive_directive (subject);

-- The units and stations that carry it out; exactly one leads.
CREATE TABLE directive_owner (
  directive_id TEXT NOT NULL REFERENCES directive_directive (id),
  node_id TEXT NOT NULL,
  leads BOOLEAN NOT NULL,
  PRIMARY KEY (directive_id, node_id)
);

CREATE INDEX directive_owner_node ON directive_owner (node_id, directive_id);

CREATE TABLE directive_step (
  id TEXT PRIMARY KEY,
  directive_id TEXT NOT NULL REFERENCES directive_directive (id),
  kind TEXT NOT NULL CHECK (kind IN ('issue', 'progress', 'report', 'accept', 'return', 'extend', 'remind', 'cancel')),
  body TEXT NOT NULL,
  progress BIGINT NOT NULL,
  due_on TEXT NOT NULL,
  person_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  at BIGINT NOT NULL
);

CREATE INDEX directive_step_directive ON directive_step (directive_id, at, id);

CREATE TABLE directive_file (
  id TEXT PRIMARY KEY,
  step_id TEXT NOT NULL REFERENCES directive_step (id),
  directive_id TEXT NOT NULL,
  blob TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size BIGINT NOT NULL
);

CREATE INDEX directive_file_directive ON directive_file (directive_id);

-- The last number given out in a year.
CREATE TABLE directive_number (
  year TEXT PRIMARY KEY,
  last BIGINT NOT NULL
);

-- Leaders' own trips and meetings with companies.
CREATE TABLE directive_trip (
  id TEXT PRIMARY KEY,
  leader_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('trip', 'meeting', 'reception')),
  title TEXT NOT NULL,
  day TEXT NOT NULL,
  until_day TEXT NOT NULL,
  region TEXT NOT NULL,
  place TEXT NOT NULL,
  outcome TEXT NOT NULL,
  next_step TEXT NOT NULL,
  created_by TEXT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX directive_trip_day ON directive_trip (day, id);

CREATE TABLE directive_trip_company (
  trip_id TEXT NOT NULL REFERENCES directive_trip (id),
  company_id TEXT NOT NULL,
  PRIMARY KEY (trip_id, company_id)
);
