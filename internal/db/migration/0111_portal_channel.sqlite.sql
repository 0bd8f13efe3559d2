-- What the province offers stands in a column of its own. SQLite cannot change a check, so the table is made again.
CREATE TABLE portal_article_next (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL CHECK (channel IN ('results', 'news', 'advantage', 'policy', 'notice')),
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  body TEXT NOT NULL,
  document_id TEXT NOT NULL,
  source TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
  written_by TEXT NOT NULL,
  published_by TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  remark TEXT NOT NULL,
  replaced_by TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;

INSERT INTO portal_article_next (id, channel, title, summary, body, document_id, source, state, written_by, published_by, published_at, updated_at, remark, replaced_by, version)
  SELECT id, channel, title, summary, body, document_id, source, state, written_by, published_by, published_at, updated_at, remark, replaced_by, version FROM portal_article;

DROP TABLE portal_article;
ALTER TABLE portal_article_next RENAME TO portal_article;

CREATE INDEX portal_article_public ON portal_article (state, published_at, id);
CREATE INDEX portal_article_channel ON portal_article (channel, state, published_at, id);
CREATE UNIQUE INDEX portal_article_document ON portal_article (document_id) WHERE document_id <> '' AND state <> 'withdrawn';
