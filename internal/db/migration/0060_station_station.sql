-- Stations in other cities, the teams units send there, the waves in which people go, and who went.
CREATE TABLE station_station (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  region TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  opened_on TEXT NOT NULL,
  closed_on TEXT NOT NULL
);

CREATE TABLE station_team (
  id TEXT PRIMARY KEY,
  station_id TEXT NOT NULL REFERENCES station_station (id),
  unit_id TEXT NOT NULL,
  name TEXT NOT NULL,
  since TEXT NOT NULL,
  UNIQUE (station_id, unit_id)
);

CREATE TABLE station_batch (
  id TEXT PRIMARY KEY,
  station_id TEXT NOT NULL REFERENCES station_station (id),
  number BIGINT NOT NULL,
  name TEXT NOT NULL,
  starts_on TEXT NOT NULL,
  ends_on TEXT NOT NULL,
  UNIQUE (station_id, number)
);

-- One person on one deployment is one 人次.
CREATE TABLE station_deployment (
  id TEXT PRIMARY KEY,
  batch_id TEXT NOT NULL REFERENCES station_batch (id),
  team_id TEXT NOT NULL REFERENCES station_team (id),
  node_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  name TEXT NOT NULL,
  duty TEXT NOT NULL,
  starts_on TEXT NOT NULL,
  ends_on TEXT NOT NULL,
  created_by TEXT NOT NULL,
  version BIGINT NOT NULL,
  UNIQUE (batch_id, person_id)
);

CREATE INDEX station_deployment_team ON station_deployment (team_id, starts_on);
