-- Who did what to what. One hash chain per area, as in the ledger, so that one busy county does not
-- wait for another. Rows hold ids and digests, never personal data.
CREATE TABLE audit_head (
  chain TEXT PRIMARY KEY,
  seq BIGINT NOT NULL,
  hash TEXT NOT NULL
);

CREATE TABLE audit_record (
  chain TEXT NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  person_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  roles TEXT NOT NULL,
  source TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  change TEXT NOT NULL,
  prev TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (chain, seq)
);

CREATE INDEX audit_record_object ON audit_record (object, at);
CREATE INDEX audit_record_at ON audit_record (at);
