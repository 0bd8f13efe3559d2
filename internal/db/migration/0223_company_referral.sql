-- Who introduced whom (以商招商): a company is introduced once, by the first who did.
CREATE TABLE company_referral (
  id TEXT PRIMARY KEY,
  from_id TEXT NOT NULL REFERENCES company_company (id),
  to_id TEXT NOT NULL UNIQUE REFERENCES company_company (id),
  node_id TEXT NOT NULL,
  day TEXT NOT NULL,
  subject TEXT NOT NULL,
  note TEXT NOT NULL,
  thanked_on TEXT NOT NULL,
  thanks TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  CHECK (from_id <> to_id)
);

CREATE INDEX company_referral_from ON company_referral (from_id);
CREATE INDEX company_referral_node ON company_referral (node_id, day);
