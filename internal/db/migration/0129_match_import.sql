-- A table of offers that somebody looks at before it is stored. What would become of its rows is worked out each time.
CREATE TABLE match_import (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL,
  name TEXT NOT NULL,
  file TEXT NOT NULL,
  size BIGINT NOT NULL,
  created BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  unchanged BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  uploaded_at BIGINT NOT NULL,
  stored_at BIGINT NOT NULL
);

CREATE INDEX match_import_person ON match_import (person_id, uploaded_at);
