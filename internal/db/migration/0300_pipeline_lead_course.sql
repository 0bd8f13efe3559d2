-- What a lead waits for and until when, what was done about it, and how it was judged.
ALTER TABLE pipeline_lead ADD COLUMN opinion TEXT NOT NULL DEFAULT '{}';
ALTER TABLE pipeline_lead ADD COLUMN next_step TEXT NOT NULL DEFAULT '';
ALTER TABLE pipeline_lead ADD COLUMN due_on TEXT NOT NULL DEFAULT '';
ALTER TABLE pipeline_lead ADD COLUMN raised_on TEXT NOT NULL DEFAULT '';
CREATE INDEX pipeline_lead_due ON pipeline_lead (due_on);

CREATE TABLE pipeline_lead_step (
  id TEXT PRIMARY KEY,
  lead_id TEXT NOT NULL REFERENCES pipeline_lead (id),
  kind TEXT NOT NULL CHECK (kind IN ('answer', 'feedback', 'progress')),
  done_on TEXT NOT NULL,
  said TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX pipeline_lead_step_lead ON pipeline_lead_step (lead_id, created_at);
