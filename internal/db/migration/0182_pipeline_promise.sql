-- What the two sides of a contract owe each other, each with an owner and a day.
CREATE TABLE pipeline_promise (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES pipeline_project (id),
  side TEXT NOT NULL CHECK (side IN ('government', 'investor')),
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  owner TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  breach TEXT NOT NULL,
  due_on TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'met', 'broken', 'waived')),
  settled_on TEXT NOT NULL,
  reason TEXT NOT NULL,
  blob TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  settled_by TEXT NOT NULL,
  settled_at BIGINT NOT NULL,
  CHECK (state = 'open' OR settled_by <> ''),
  CHECK (state <> 'met' OR blob <> ''),
  CHECK (state <> 'waived' OR settled_by <> created_by)
);
CREATE INDEX pipeline_promise_project ON pipeline_promise (project_id, due_on);
CREATE INDEX pipeline_promise_due ON pipeline_promise (state, due_on);
