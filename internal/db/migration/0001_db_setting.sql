-- One row per setting of the installation itself: the offset of a demo's clock, the keyed-digest salt.
CREATE TABLE db_setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
