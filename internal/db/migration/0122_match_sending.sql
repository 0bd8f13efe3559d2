-- Leads pushed to a unit (输送). What the unit may know before it accepts is copied here; the company is not.
CREATE TABLE match_sending (
  id TEXT PRIMARY KEY,
  lead_id TEXT NOT NULL,
  lead_node TEXT NOT NULL,
  lead_unit TEXT NOT NULL,
  turn BIGINT NOT NULL,
  unit_id TEXT NOT NULL,
  site_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('sent', 'accepted', 'returned', 'lapsed')),
  industry TEXT NOT NULL,
  chain TEXT NOT NULL,
  amount BIGINT NOT NULL,
  origin TEXT NOT NULL,
  needs TEXT NOT NULL,
  note TEXT NOT NULL,
  sent_by TEXT NOT NULL,
  sent_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  answered_by TEXT NOT NULL,
  answered_at BIGINT NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('', 'space', 'power', 'environment', 'industry', 'policy', 'labour', 'other')),
  words TEXT NOT NULL,
  version BIGINT NOT NULL,
  CHECK (state <> 'accepted' OR answered_by <> sent_by),
  CHECK (state <> 'returned' OR reason <> '')
);

CREATE UNIQUE INDEX match_sending_open ON match_sending (lead_id) WHERE state = 'sent';
CREATE UNIQUE INDEX match_sending_turn ON match_sending (lead_id, turn);
CREATE INDEX match_sending_unit ON match_sending (unit_id, sent_at, id);
CREATE INDEX match_sending_from ON match_sending (lead_node, sent_at, id);
