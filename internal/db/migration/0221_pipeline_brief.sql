-- What is said to the leaders of a large lead or project beside what its record says: one page each.
CREATE TABLE pipeline_brief (
  subject TEXT PRIMARY KEY,
  node_id TEXT NOT NULL,
  title TEXT NOT NULL,
  judgement TEXT NOT NULL,
  host_unit TEXT NOT NULL,
  request TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'handed')),
  written_by TEXT NOT NULL,
  written_at BIGINT NOT NULL,
  handed_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX pipeline_brief_node ON pipeline_brief (node_id, written_at);
