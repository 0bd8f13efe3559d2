-- The resource library. Registry facts stand in company_company and are visible to all staff; what people
-- told us about people is in company_contact, encrypted, and visible by scope only.
CREATE TABLE company_number (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  last BIGINT NOT NULL
);

INSERT INTO company_number (id, last) VALUES (1, 0);

CREATE TABLE company_company (
  num BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('enterprise', 'association')),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  name_sort TEXT NOT NULL,
  ident TEXT NOT NULL,
  credit_code TEXT NOT NULL,
  industry TEXT NOT NULL,
  section TEXT NOT NULL,
  region TEXT NOT NULL,
  city TEXT NOT NULL,
  province TEXT NOT NULL,
  address TEXT NOT NULL,
  capital BIGINT,
  currency TEXT NOT NULL,
  status TEXT NOT NULL,
  tags TEXT NOT NULL,
  registered_on TEXT NOT NULL,
  reg_type TEXT NOT NULL,
  source TEXT NOT NULL,
  merged_into TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  business TEXT NOT NULL
);

CREATE UNIQUE INDEX company_company_code ON company_company (credit_code) WHERE credit_code <> '' AND merged_into = '';
CREATE UNIQUE INDEX company_company_same ON company_company (ident) WHERE credit_code = '' AND merged_into = '';
CREATE INDEX company_company_ident ON company_company (ident);
CREATE INDEX company_company_key ON company_company (name_key);
CREATE INDEX company_company_sort ON company_company (name_sort, num);
CREATE INDEX company_company_city ON company_company (city, num);
CREATE INDEX company_company_section ON company_company (section, num);

-- Names it had before, names people use, and the names of records merged into it.
CREATE TABLE company_name (
  company_id TEXT NOT NULL REFERENCES company_company (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('former', 'alias', 'merged')),
  PRIMARY KEY (company_id, name)
);

CREATE INDEX company_name_key ON company_name (name_key);

CREATE TABLE company_tag (
  company_id TEXT NOT NULL REFERENCES company_company (id),
  tag TEXT NOT NULL,
  source TEXT NOT NULL,
  on_date TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (company_id, tag)
);

CREATE INDEX company_tag_tag ON company_tag (tag, company_id);

CREATE TABLE company_contact (
  id TEXT PRIMARY KEY,
  company_id TEXT NOT NULL REFERENCES company_company (id),
  node_id TEXT NOT NULL,
  sealed TEXT NOT NULL,
  phone_tail TEXT NOT NULL,
  phone_digest TEXT NOT NULL,
  name_digest TEXT NOT NULL,
  basis TEXT NOT NULL,
  source TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  erased_at BIGINT NOT NULL
);

CREATE INDEX company_contact_company ON company_contact (company_id, created_at);
CREATE INDEX company_contact_node ON company_contact (node_id, id);
CREATE INDEX company_contact_tail ON company_contact (phone_tail) WHERE phone_tail <> '';
CREATE INDEX company_contact_phone ON company_contact (phone_digest) WHERE phone_digest <> '';
CREATE INDEX company_contact_name ON company_contact (name_digest) WHERE name_digest <> '';

-- The key of one contact's sealed data. Erasing a person deletes this row; what stays cannot be read by anyone.
CREATE TABLE company_key (
  contact_id TEXT PRIMARY KEY,
  secret TEXT NOT NULL
);

-- How many contacts a person has revealed on a day.
CREATE TABLE company_reveal (
  person_id TEXT NOT NULL,
  day TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (person_id, day)
);

CREATE TABLE company_merge (
  id TEXT PRIMARY KEY,
  kept TEXT NOT NULL,
  merged TEXT NOT NULL,
  before TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_person TEXT NOT NULL
);

CREATE INDEX company_merge_kept ON company_merge (kept);

-- One import of a file, from preview to report. state: checking, ready, queued, running, done, failed, cancelled.
CREATE TABLE company_import (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  file TEXT NOT NULL,
  size BIGINT NOT NULL,
  state TEXT NOT NULL,
  mapping TEXT NOT NULL,
  actor TEXT NOT NULL,
  person_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  total BIGINT NOT NULL,
  done BIGINT NOT NULL,
  created BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  unchanged BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  problem TEXT NOT NULL,
  stop_asked BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  beat_at BIGINT NOT NULL
);

CREATE INDEX company_import_state ON company_import (state, created_at);
CREATE INDEX company_import_person ON company_import (person_id, created_at);

-- The rows of an import that were not stored, with their reasons; the report file is written from here.
CREATE TABLE company_import_row (
  import_id TEXT NOT NULL REFERENCES company_import (id),
  row_no BIGINT NOT NULL,
  problems TEXT NOT NULL,
  cells TEXT NOT NULL,
  PRIMARY KEY (import_id, row_no)
);
