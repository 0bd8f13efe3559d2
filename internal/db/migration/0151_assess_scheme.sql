-- How units and teams are assessed. A version in force is never changed: another weight is another version.
-- Versions 1 of the schemes that come with the program are not stored here.
CREATE TABLE assess_scheme (
  id TEXT PRIMARY KEY,
  code TEXT NOT NULL,
  version BIGINT NOT NULL CHECK (version > 1),
  body TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'approved')),
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  approved_by TEXT NOT NULL,
  approved_at BIGINT NOT NULL,
  UNIQUE (code, version),
  CHECK (state = 'draft' OR (approved_by <> '' AND approved_by <> made_by))
);

-- One assessment: the scheme as it was, the period, and what the ledger knew.
CREATE TABLE assess_run (
  id TEXT PRIMARY KEY,
  code TEXT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  node_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  from_day TEXT NOT NULL,
  through_day TEXT NOT NULL,
  known TEXT NOT NULL,
  set_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('internal', 'notice', 'published', 'withdrawn')),
  notice_on TEXT NOT NULL,
  appeal_until TEXT NOT NULL,
  published_on TEXT NOT NULL,
  published_by TEXT NOT NULL,
  row_version BIGINT NOT NULL,
  CHECK (published_by = '' OR published_by <> made_by)
);

CREATE INDEX assess_run_made ON assess_run (made_at, id);

-- What each unit or team came to, and its place among those of its group.
CREATE TABLE assess_result (
  run_id TEXT NOT NULL REFERENCES assess_run (id),
  subject TEXT NOT NULL,
  grp TEXT NOT NULL,
  covered BIGINT NOT NULL,
  base BIGINT NOT NULL,
  bonus BIGINT NOT NULL,
  deducted BIGINT NOT NULL,
  vetoed BOOLEAN NOT NULL,
  total BIGINT NOT NULL,
  place BIGINT NOT NULL,
  PRIMARY KEY (run_id, subject)
);

-- Why: one row per line of the scheme. Points and weights are hundredths of a point, ratios millionths.
CREATE TABLE assess_score (
  run_id TEXT NOT NULL REFERENCES assess_run (id),
  subject TEXT NOT NULL,
  line BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('indicator', 'bonus', 'deduction', 'veto')),
  item TEXT NOT NULL,
  has_data BOOLEAN NOT NULL,
  weight BIGINT NOT NULL,
  spread BIGINT NOT NULL,
  numerator BIGINT NOT NULL,
  denominator BIGINT NOT NULL,
  ratio BIGINT NOT NULL,
  points BIGINT NOT NULL,
  top_ask TEXT NOT NULL,
  bottom_ask TEXT NOT NULL,
  PRIMARY KEY (run_id, subject, line)
);

CREATE TABLE assess_appeal (
  id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES assess_run (id),
  subject TEXT NOT NULL,
  item TEXT NOT NULL,
  reason TEXT NOT NULL,
  filed_by TEXT NOT NULL,
  filed_on TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'upheld', 'dismissed')),
  answer TEXT NOT NULL,
  answered_by TEXT NOT NULL CHECK (answered_by <> filed_by),
  answered_on TEXT NOT NULL
);

CREATE INDEX assess_appeal_run ON assess_appeal (run_id, subject, filed_on);
