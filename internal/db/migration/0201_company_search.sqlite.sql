-- The index in the order of weight. rowid is the slot that package company computes; it fills the table again.
DROP TABLE company_search;

CREATE VIRTUAL TABLE company_search USING fts5 (tok, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2');

INSERT INTO company_search (company_search, rank) VALUES ('automerge', 16);

INSERT INTO company_search (company_search, rank) VALUES ('hashsize', 33554432);
