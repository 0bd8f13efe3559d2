-- Press conferences: who speaks, which companies are guests, and the pack of documents.
CREATE TABLE bulletin_conference (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  held_on TEXT NOT NULL,
  held_at TEXT NOT NULL,
  place TEXT NOT NULL,
  speakers TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'published')),
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  published_by TEXT NOT NULL,
  published_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX bulletin_conference_node ON bulletin_conference (node_id, held_on, id);
CREATE INDEX bulletin_conference_state ON bulletin_conference (state, held_on, id);

CREATE TABLE bulletin_guest (
  conference_id TEXT NOT NULL REFERENCES bulletin_conference (id),
  company_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (conference_id, company_id)
);

CREATE TABLE bulletin_paper (
  conference_id TEXT NOT NULL REFERENCES bulletin_conference (id),
  document_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (conference_id, document_id)
);
