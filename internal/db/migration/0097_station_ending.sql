-- Somebody who left before the day that was planned. The deployment itself holds the day it really ended; that one was
-- sent counts as before.
CREATE TABLE station_ending (
  deployment_id TEXT PRIMARY KEY REFERENCES station_deployment (id),
  planned_on TEXT NOT NULL,
  ends_on TEXT NOT NULL,
  reason TEXT NOT NULL,
  by_person TEXT NOT NULL,
  at BIGINT NOT NULL
);

CREATE INDEX station_deployment_person ON station_deployment (person_id, starts_on);
