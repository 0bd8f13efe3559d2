-- Tokens made by package company: pairs of characters, words, pinyin.
CREATE TABLE company_search (
  num BIGINT PRIMARY KEY,
  tok TSVECTOR NOT NULL
);

CREATE INDEX company_search_tok ON company_search USING GIN (tok);
