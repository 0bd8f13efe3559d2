-- Whoever talked with a company first and reported it is protected for a time; a second unit's lead in that time is a
-- dispute, which the unit above both decides.
ALTER TABLE pipeline_lead ADD COLUMN protected_until TEXT NOT NULL DEFAULT '';

CREATE TABLE pipeline_dispute (
  id TEXT PRIMARY KEY,
  first_id TEXT NOT NULL REFERENCES pipeline_lead (id),
  second_id TEXT NOT NULL UNIQUE REFERENCES pipeline_lead (id),
  superior TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'first', 'second', 'both')),
  reason TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  CHECK (first_id <> second_id),
  CHECK (state = 'open' OR decided_by <> '' AND reason <> '')
);
CREATE INDEX pipeline_dispute_first ON pipeline_dispute (first_id);
CREATE INDEX pipeline_dispute_open ON pipeline_dispute (state, superior, opened_at);

CREATE TABLE pipeline_plea (
  id TEXT PRIMARY KEY,
  dispute_id TEXT NOT NULL REFERENCES pipeline_dispute (id),
  lead_id TEXT NOT NULL REFERENCES pipeline_lead (id),
  said TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX pipeline_plea_dispute ON pipeline_plea (dispute_id, created_at);
