-- The ledger: what counts, once, in three books, never changed after it is written.

-- The last link of each chain. Writing it is the lock under which entries are appended.
CREATE TABLE ledger_head (
  chain TEXT PRIMARY KEY,
  seq BIGINT NOT NULL,
  hash TEXT NOT NULL,
  recorded_at BIGINT NOT NULL
);

-- Which numbers of a chain were recorded on which day, so that "as known at" finds its place without a search.
CREATE TABLE ledger_day (
  chain TEXT NOT NULL,
  day TEXT NOT NULL,
  first_seq BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  PRIMARY KEY (chain, day)
);

CREATE TABLE ledger_entry (
  id TEXT PRIMARY KEY,
  form BIGINT NOT NULL CHECK (form = 1),
  chain TEXT NOT NULL,
  seq BIGINT NOT NULL,
  measure TEXT NOT NULL,
  book TEXT NOT NULL CHECK (book IN ('filed', 'reviewed', 'recognised')),
  delta BIGINT NOT NULL CHECK (delta <> 0),
  occurred_on TEXT NOT NULL,
  period TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  province TEXT NOT NULL,
  city TEXT NOT NULL,
  county TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  company_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  industry TEXT NOT NULL,
  wheel TEXT NOT NULL,
  industry_chain TEXT NOT NULL,
  mode TEXT NOT NULL,
  origin TEXT NOT NULL,
  visited TEXT NOT NULL,
  pairing TEXT NOT NULL,
  tags TEXT NOT NULL,
  claim_id TEXT NOT NULL,
  round BIGINT NOT NULL,
  reason TEXT NOT NULL,
  reverses TEXT NOT NULL,
  prev TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (chain, seq)
);

CREATE UNIQUE INDEX ledger_entry_reversed_once ON ledger_entry (reverses) WHERE reverses <> '';
CREATE INDEX ledger_entry_claim ON ledger_entry (claim_id, round, book);
CREATE INDEX ledger_entry_figure ON ledger_entry (measure, book, occurred_on, station_id, city, county, unit_id, industry, origin, wheel, event_id, delta, chain, seq);

-- Who is credited for an entry. Shares are millionths and sum to 1,000,000; delta is fen for money and
-- millionths of one for counts.
CREATE TABLE ledger_credit (
  entry_id TEXT NOT NULL REFERENCES ledger_entry (id),
  line BIGINT NOT NULL,
  city TEXT NOT NULL,
  county TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  share BIGINT NOT NULL CHECK (share > 0 AND share <= 1000000),
  delta BIGINT NOT NULL,
  PRIMARY KEY (entry_id, line)
);

-- The investors of a project entry, many to many, with the industry they had when it was posted.
CREATE TABLE ledger_party (
  entry_id TEXT NOT NULL REFERENCES ledger_entry (id),
  company_id TEXT NOT NULL,
  industry TEXT NOT NULL,
  PRIMARY KEY (entry_id, company_id)
);

-- Sums kept in the same transaction as the entries they add up.
CREATE TABLE ledger_rollup (
  measure TEXT NOT NULL,
  book TEXT NOT NULL,
  occurred_on TEXT NOT NULL,
  recorded_on TEXT NOT NULL,
  chain TEXT NOT NULL,
  province TEXT NOT NULL,
  city TEXT NOT NULL,
  county TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  total BIGINT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (measure, book, occurred_on, recorded_on, chain, province, city, county, unit_id, team_id, station_id)
);

-- The same by month and whatever was known, which is what most questions ask.
CREATE TABLE ledger_rollup_month (
  measure TEXT NOT NULL,
  book TEXT NOT NULL,
  month TEXT NOT NULL,
  province TEXT NOT NULL,
  city TEXT NOT NULL,
  county TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  total BIGINT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (measure, book, month, province, city, county, unit_id, team_id, station_id)
);

-- Companies that turned out to be one. Distinct counts follow it; entries do not change.
CREATE TABLE ledger_alias (
  company_id TEXT NOT NULL,
  same_as TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  undone_at BIGINT NOT NULL,
  PRIMARY KEY (company_id, recorded_at)
);

-- Closing and reopening of months, each a recorded event. The last event of a month is its state.
CREATE TABLE ledger_period_event (
  id TEXT PRIMARY KEY,
  period TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('close', 'ask_reopen', 'reopen')),
  at BIGINT NOT NULL,
  person_id TEXT NOT NULL,
  asked_by TEXT NOT NULL CHECK (kind <> 'reopen' OR asked_by <> person_id),
  reason TEXT NOT NULL,
  heads TEXT NOT NULL
);

CREATE INDEX ledger_period_event_period ON ledger_period_event (period, at);

CREATE TABLE ledger_period_total (
  event_id TEXT NOT NULL REFERENCES ledger_period_event (id),
  measure TEXT NOT NULL,
  book TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  total BIGINT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (event_id, measure, book, unit_id)
);
