-- What phones sent: one row per record, by the id that the phone made. stored: the record is in the books, receipt is
-- what was answered; held: it waits for what it builds on, body is sealed; dropped: the station lead let it go.
-- A record that was refused leaves no row: the phone keeps it, mends it and sends it again.
CREATE TABLE field_inbox (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  hash TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('stored', 'held', 'dropped')),
  code TEXT NOT NULL,
  waits TEXT NOT NULL,
  body TEXT NOT NULL,
  receipt TEXT NOT NULL,
  device_at BIGINT NOT NULL,
  skew BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX field_inbox_held ON field_inbox (person_id, received_at) WHERE state = 'held';
CREATE INDEX field_inbox_node ON field_inbox (node_id, received_at) WHERE state = 'held';

-- Files that phones sent, by person and content: what they are was found out here, not said by the phone.
CREATE TABLE field_file (
  person_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size BIGINT NOT NULL,
  PRIMARY KEY (person_id, sha256)
);

-- What a phone was given to carry, so that the next time it gets the difference: seq is its cursor.
CREATE TABLE field_download (
  holder TEXT NOT NULL,
  seq BIGINT NOT NULL,
  manifest TEXT NOT NULL,
  PRIMARY KEY (holder, seq)
);

-- How far the clock of the phone was off when it sent a visit, in seconds; 0 when it was right.
ALTER TABLE field_visit ADD COLUMN skew BIGINT NOT NULL DEFAULT 0;

-- What somebody typed in lately goes along on their phone; imports are many and do not.
CREATE INDEX company_company_typed ON company_company (created_by, created_at) WHERE source = '';
