-- Investors' requests (贵人服务). A step is never changed; what it says inside is not shown to the investor.
CREATE TABLE ticket_ticket (
  id TEXT PRIMARY KEY,
  receipt TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  company_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  investor_id TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('account', 'portal', 'phone', 'visit')),
  unit_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'closed')),
  filed_at BIGINT NOT NULL,
  filed_on TEXT NOT NULL,
  first_due_at BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  due_on TEXT NOT NULL,
  answered_by TEXT NOT NULL,
  answered_on TEXT NOT NULL,
  closed_on TEXT NOT NULL,
  rating BIGINT NOT NULL CHECK (rating BETWEEN 0 AND 5),
  escalated BOOLEAN NOT NULL,
  reopened BIGINT NOT NULL,
  follows TEXT NOT NULL,
  created_by TEXT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX ticket_ticket_unit ON ticket_ticket (unit_id, state, due_on, id);
CREATE INDEX ticket_ticket_due ON ticket_ticket (state, due_on, id);
CREATE INDEX ticket_ticket_investor ON ticket_ticket (investor_id, filed_at, id);
CREATE INDEX ticket_ticket_company ON ticket_ticket (company_id, filed_at);

CREATE TABLE ticket_step (
  id TEXT PRIMARY KEY,
  ticket_id TEXT NOT NULL REFERENCES ticket_ticket (id),
  kind TEXT NOT NULL CHECK (kind IN ('file', 'answer', 'note', 'handover', 'escalate', 'resolve', 'rate', 'close', 'reopen')),
  body TEXT NOT NULL,
  inside BOOLEAN NOT NULL,
  from_unit TEXT NOT NULL,
  to_unit TEXT NOT NULL,
  rating BIGINT NOT NULL,
  person_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  at BIGINT NOT NULL
);

CREATE INDEX ticket_step_ticket ON ticket_step (ticket_id, at, id);
