-- What a run counted in records that are no entries of the ledger, as they stood: a score is worked out again from these.
CREATE TABLE assess_counted (
  run_id TEXT NOT NULL REFERENCES assess_run (id),
  tally TEXT NOT NULL,
  subject TEXT NOT NULL,
  record TEXT NOT NULL,
  title TEXT NOT NULL,
  on_day TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (run_id, tally, subject, record, on_day)
);
