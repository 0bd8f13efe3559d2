-- The keys by which two records may be one organisation, written with the record: what tells a name from others
-- ("n:"), of the present name and of every earlier one, and how that is read ("p:"). bare: it has no credit code.
CREATE TABLE company_mark (
  value TEXT NOT NULL,
  bare BOOLEAN NOT NULL,
  num BIGINT NOT NULL,
  PRIMARY KEY (value, bare, num)
);

CREATE INDEX company_mark_num ON company_mark (num);

-- Two records that may be one, the older first. state: open, later, apart (not the same, for good).
CREATE TABLE company_pair (
  a BIGINT NOT NULL,
  b BIGINT NOT NULL,
  score BIGINT NOT NULL,
  why TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'later', 'apart')),
  by_person TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (a, b),
  CHECK (a < b)
);

CREATE INDEX company_pair_b ON company_pair (b);
CREATE INDEX company_pair_state ON company_pair (state, score, a, b);
