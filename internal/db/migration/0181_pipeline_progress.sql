-- How far the works are, month by month, on a sheet that builder, contractor and supervisor have sealed.
CREATE TABLE pipeline_progress (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES pipeline_project (id),
  month TEXT NOT NULL,
  percent BIGINT NOT NULL CHECK (percent >= 0 AND percent <= 100),
  invested BIGINT NOT NULL CHECK (invested >= 0),
  note TEXT NOT NULL,
  blob TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size BIGINT NOT NULL,
  filed_by TEXT NOT NULL,
  filed_at BIGINT NOT NULL,
  UNIQUE (project_id, month)
);
