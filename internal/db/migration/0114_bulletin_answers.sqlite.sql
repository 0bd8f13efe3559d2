-- The sheet of questions and answers of a press conference is a kind of document. SQLite cannot change a check, so the
-- table and those that refer to it are made again; nothing of a signed manifest changes.
CREATE TABLE bulletin_document_next (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('press', 'brief', 'report', 'answers')),
  unit_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  issue_no TEXT NOT NULL,
  station_id TEXT NOT NULL,
  from_on TEXT NOT NULL,
  through TEXT NOT NULL,
  book TEXT NOT NULL CHECK (book IN ('filed', 'reviewed', 'recognised')),
  body TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'signed')),
  drafted_by TEXT NOT NULL,
  submitted_by TEXT NOT NULL,
  signed_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  submitted_at INTEGER NOT NULL,
  signed_at INTEGER NOT NULL,
  trace_code TEXT NOT NULL,
  replaces TEXT NOT NULL,
  version INTEGER NOT NULL,
  CHECK (state <> 'signed' OR (signed_by <> drafted_by AND signed_by <> submitted_by AND signed_by <> ''))
) STRICT;

INSERT INTO bulletin_document_next (id, title, kind, unit_id, node_id, issue_no, station_id, from_on, through, book, body, state, drafted_by, submitted_by, signed_by, created_at, updated_at, submitted_at, signed_at, trace_code, replaces, version)
  SELECT id, title, kind, unit_id, node_id, issue_no, station_id, from_on, through, book, body, state, drafted_by, submitted_by, signed_by, created_at, updated_at, submitted_at, signed_at, trace_code, replaces, version FROM bulletin_document;

CREATE TABLE bulletin_slot_next (
  document_id TEXT NOT NULL REFERENCES bulletin_document_next (id),
  key TEXT NOT NULL,
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  question TEXT NOT NULL,
  citation_id TEXT NOT NULL,
  PRIMARY KEY (document_id, key)
) STRICT;

INSERT INTO bulletin_slot_next (document_id, key, position, title, question, citation_id)
  SELECT document_id, key, position, title, question, citation_id FROM bulletin_slot;

CREATE TABLE bulletin_version_next (
  document_id TEXT NOT NULL REFERENCES bulletin_document_next (id),
  version INTEGER NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  by_person TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (document_id, version)
) STRICT;

INSERT INTO bulletin_version_next (document_id, version, title, body, by_person, at)
  SELECT document_id, version, title, body, by_person, at FROM bulletin_version;

CREATE TABLE bulletin_manifest_next (
  code TEXT PRIMARY KEY,
  document_id TEXT NOT NULL REFERENCES bulletin_document_next (id),
  content TEXT NOT NULL,
  hash TEXT NOT NULL,
  at INTEGER NOT NULL,
  person_id TEXT NOT NULL
) STRICT;

INSERT INTO bulletin_manifest_next (code, document_id, content, hash, at, person_id)
  SELECT code, document_id, content, hash, at, person_id FROM bulletin_manifest;

DROP TABLE bulletin_manifest;
DROP TABLE bulletin_version;
DROP TABLE bulletin_slot;
DROP TABLE bulletin_document;
ALTER TABLE bulletin_document_next RENAME TO bulletin_document;
ALTER TABLE bulletin_slot_next RENAME TO bulletin_slot;
ALTER TABLE bulletin_version_next RENAME TO bulletin_version;
ALTER TABLE bulletin_manifest_next RENAME TO bulletin_manifest;

CREATE UNIQUE INDEX bulletin_document_trace ON bulletin_document (trace_code) WHERE trace_code <> '';
CREATE INDEX bulletin_document_node ON bulletin_document (node_id, updated_at, id);
CREATE INDEX bulletin_document_updated ON bulletin_document (updated_at, id);

CREATE TRIGGER bulletin_manifest_no_update BEFORE UPDATE ON bulletin_manifest
BEGIN
  SELECT RAISE(ABORT, 'bulletin_manifest is append-only');
END;

CREATE TRIGGER bulletin_manifest_no_delete BEFORE DELETE ON bulletin_manifest
BEGIN
  SELECT RAISE(ABORT, 'bulletin_manifest is append-only');
END;

CREATE TRIGGER bulletin_document_signed BEFORE UPDATE ON bulletin_document
WHEN OLD.state = 'signed'
BEGIN
  SELECT RAISE(ABORT, 'a signed document does not change');
END;
