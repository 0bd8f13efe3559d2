-- The index in the order of weight. slot is what package company computes; it fills the table again.
DROP TABLE company_search;

CREATE TABLE company_search (
  slot BIGINT PRIMARY KEY,
  tok TSVECTOR NOT NULL
);

CREATE INDEX company_search_tok ON company_search USING GIN (tok);
