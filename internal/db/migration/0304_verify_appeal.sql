-- What was returned may be appealed once as it was; whoever returned it does not judge it again.
ALTER TABLE verify_claim ADD COLUMN appealed_against TEXT NOT NULL DEFAULT '';

CREATE TABLE verify_appeal (
  claim_id TEXT NOT NULL REFERENCES verify_claim (id),
  round BIGINT NOT NULL,
  reason TEXT NOT NULL,
  returned TEXT NOT NULL,
  against TEXT NOT NULL,
  appealed_by TEXT NOT NULL,
  appealed_at BIGINT NOT NULL,
  PRIMARY KEY (claim_id, round),
  CHECK (against <> appealed_by)
);
