-- Sweeps: buildings of the cities where the stations are, door by door.
CREATE TABLE field_building (
  id TEXT PRIMARY KEY,
  city TEXT NOT NULL,
  district TEXT NOT NULL,
  block TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('tower', 'park', 'market')),
  address TEXT NOT NULL,
  floors BIGINT NOT NULL CHECK (floors BETWEEN 1 AND 200),
  lng BIGINT NOT NULL,
  lat BIGINT NOT NULL,
  source TEXT NOT NULL,
  leases BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  UNIQUE (district, name)
);

CREATE INDEX field_building_place ON field_building (district, block, name);

-- A door is one unit of a building. What it is follows from its knocks; quiet_until is the last day on which nobody knocks.
CREATE TABLE field_door (
  id TEXT PRIMARY KEY,
  building_id TEXT NOT NULL REFERENCES field_building (id),
  floor BIGINT NOT NULL,
  room TEXT NOT NULL,
  occupant TEXT NOT NULL,
  company_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('', 'met', 'nobody', 'refused', 'moved', 'vacant', 'not_a_target')),
  state_on TEXT NOT NULL,
  quiet_until TEXT NOT NULL,
  created_by TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  UNIQUE (building_id, floor, room)
);

CREATE INDEX field_door_company ON field_door (company_id);

-- A team holds a building for a while; planned_on is the day it took it until, until_day the day it really ends.
CREATE TABLE field_lease (
  id TEXT PRIMARY KEY,
  building_id TEXT NOT NULL REFERENCES field_building (id),
  node_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  from_day TEXT NOT NULL,
  until_day TEXT NOT NULL,
  planned_on TEXT NOT NULL,
  ended_by TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  CHECK (until_day >= from_day AND until_day <= planned_on)
);

CREATE INDEX field_lease_building ON field_lease (building_id, until_day);
CREATE INDEX field_lease_node ON field_lease (node_id, until_day);

-- What was found at a door on a day. Nothing here changes or goes: the last word of a team on a day stands.
CREATE TABLE field_knock (
  id TEXT PRIMARY KEY,
  door_id TEXT NOT NULL REFERENCES field_door (id),
  building_id TEXT NOT NULL,
  lease_id TEXT NOT NULL REFERENCES field_lease (id),
  node_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  day TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('met', 'nobody', 'refused', 'moved', 'vacant', 'not_a_target')),
  person_id TEXT NOT NULL,
  visit_id TEXT NOT NULL,
  occupant TEXT NOT NULL,
  note TEXT NOT NULL,
  device_at BIGINT NOT NULL,
  body_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE INDEX field_knock_door ON field_knock (door_id, day);
CREATE INDEX field_knock_building ON field_knock (building_id, day);
CREATE INDEX field_knock_visit ON field_knock (visit_id);
