-- What clients sent under an id of their own, so that sending it again is safe.
CREATE TABLE pipeline_posted (
  id TEXT PRIMARY KEY,
  body_hash TEXT NOT NULL
);
