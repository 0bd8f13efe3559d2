-- Documents with figure slots, and the manifests into which a sign-off freezes them.
CREATE TABLE bulletin_document (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('press', 'brief', 'report')),
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
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  submitted_at BIGINT NOT NULL,
  signed_at BIGINT NOT NULL,
  trace_code TEXT NOT NULL,
  replaces TEXT NOT NULL,
  version BIGINT NOT NULL,
  CHECK (state <> 'signed' OR (signed_by <> drafted_by AND signed_by <> submitted_by AND signed_by <> ''))
);

CREATE UNIQUE INDEX bulletin_document_trace ON bulletin_document (trace_code) WHERE trace_code <> '';
CREATE INDEX bulletin_document_node ON bulletin_document (node_id, updated_at, id);
CREATE INDEX bulletin_document_updated ON bulletin_document (updated_at, id);

-- A slot asks one question of the ledger, or shows one cited fact.
CREATE TABLE bulletin_slot (
  document_id TEXT NOT NULL REFERENCES bulletin_document (id),
  key TEXT NOT NULL,
  position BIGINT NOT NULL,
  title TEXT NOT NULL,
  question TEXT NOT NULL,
  citation_id TEXT NOT NULL,
  PRIMARY KEY (document_id, key)
);

-- Every version that was saved, so that drafts can be compared.
CREATE TABLE bulletin_version (
  document_id TEXT NOT NULL REFERENCES bulletin_document (id),
  version BIGINT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  by_person TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (document_id, version)
);

-- What was signed: the questions, their values, the entries behind them, and what the ledger knew.
CREATE TABLE bulletin_manifest (
  code TEXT PRIMARY KEY,
  document_id TEXT NOT NULL REFERENCES bulletin_document (id),
  content TEXT NOT NULL,
  hash TEXT NOT NULL,
  at BIGINT NOT NULL,
  person_id TEXT NOT NULL
);

-- Facts from outside: a value, where it was read, when, and a second person who checked it.
CREATE TABLE bulletin_citation (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  source TEXT NOT NULL,
  source_on TEXT NOT NULL,
  entered_by TEXT NOT NULL,
  entered_at BIGINT NOT NULL,
  checked_by TEXT NOT NULL,
  checked_at BIGINT NOT NULL,
  CHECK (checked_by = '' OR checked_by <> entered_by)
);
