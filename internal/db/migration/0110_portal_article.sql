-- What the public reads. An article is a signed document, or a text of its own without figures.
CREATE TABLE portal_article (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL CHECK (channel IN ('results', 'news', 'policy', 'notice')),
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  body TEXT NOT NULL,
  document_id TEXT NOT NULL,
  source TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
  written_by TEXT NOT NULL,
  published_by TEXT NOT NULL,
  published_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  remark TEXT NOT NULL,
  replaced_by TEXT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX portal_article_public ON portal_article (state, published_at, id);
CREATE INDEX portal_article_channel ON portal_article (channel, state, published_at, id);
CREATE UNIQUE INDEX portal_article_document ON portal_article (document_id) WHERE document_id <> '' AND state <> 'withdrawn';
