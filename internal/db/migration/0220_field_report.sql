-- What a team says of a week or a month beside the numbers, which are read from the ledger: three lines, and what its
-- leader remarks. A report of which nobody has said anything has no row.
CREATE TABLE field_report (
  id TEXT PRIMARY KEY,
  node_id TEXT NOT NULL,
  results TEXT NOT NULL,
  problems TEXT NOT NULL,
  plans TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'handed', 'noted')),
  written_by TEXT NOT NULL,
  written_at BIGINT NOT NULL,
  handed_by TEXT NOT NULL,
  handed_at BIGINT NOT NULL,
  noted_by TEXT NOT NULL,
  noted_at BIGINT NOT NULL,
  remark TEXT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX field_report_node ON field_report (node_id, id);
