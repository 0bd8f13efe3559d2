-- The other side's word on a visit: a link that the officer may show, once answered. digest stands for the link's code,
-- which is derived from the installation's key and stored nowhere. What the company wants corrected is sealed under a
-- key of its own, which is destroyed when an officer has dealt with it.
CREATE TABLE field_vouch (
  id TEXT PRIMARY KEY,
  visit_id TEXT NOT NULL UNIQUE REFERENCES field_visit (id),
  node_id TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  nonce TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  answered_at BIGINT NOT NULL,
  confirmed BOOLEAN NOT NULL,
  no_contact BOOLEAN NOT NULL,
  sealed TEXT NOT NULL,
  settled TEXT NOT NULL CHECK (settled IN ('', 'waiting', 'adopted', 'declined')),
  settled_by TEXT NOT NULL,
  settled_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX field_vouch_waiting ON field_vouch (node_id, id) WHERE settled = 'waiting';

CREATE TABLE field_vouch_key (
  vouch_id TEXT PRIMARY KEY,
  secret TEXT NOT NULL
);

-- What companies answered by their links, as the public pages took it in, until the staff side has taken it over.
CREATE TABLE portal_answer (
  id TEXT PRIMARY KEY,
  vouch_id TEXT NOT NULL UNIQUE,
  sealed TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  taken_at BIGINT NOT NULL
);

CREATE INDEX portal_answer_new ON portal_answer (id) WHERE taken_at = 0;

-- The round of a claim that the other side confirmed, 0 if none.
ALTER TABLE verify_claim ADD COLUMN vouched_round BIGINT NOT NULL DEFAULT 0;

-- Companies that asked not to be contacted.
CREATE TABLE company_silence (
  company_id TEXT PRIMARY KEY REFERENCES company_company (id),
  since TEXT NOT NULL,
  source TEXT NOT NULL,
  by_person TEXT NOT NULL,
  reason TEXT NOT NULL
);
