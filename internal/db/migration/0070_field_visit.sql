-- Field work: visits, tours and events.
CREATE TABLE field_visit (
  id TEXT PRIMARY KEY,
  node_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  company_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('enterprise', 'association')),
  day TEXT NOT NULL,
  from_time TEXT NOT NULL,
  to_time TEXT NOT NULL,
  way TEXT NOT NULL CHECK (way IN ('onsite', 'received', 'meeting', 'phone', 'video')),
  purpose TEXT NOT NULL,
  first BOOLEAN NOT NULL,
  visited TEXT NOT NULL,
  address TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  met_level TEXT NOT NULL,
  said TEXT NOT NULL,
  intent TEXT NOT NULL CHECK (intent IN ('A', 'B', 'C', 'D')),
  wants TEXT NOT NULL,
  next_step TEXT NOT NULL,
  next_on TEXT NOT NULL,
  device_at BIGINT NOT NULL,
  body_hash TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX field_visit_node ON field_visit (node_id, day, id);
CREATE INDEX field_visit_day ON field_visit (day, id);
CREATE INDEX field_visit_company ON field_visit (company_id, day);
CREATE INDEX field_visit_mine ON field_visit (created_by, day, id);

-- The teams of a visit, the lead first. One organisation, one day, one delegation is one visit.
CREATE TABLE field_visit_team (
  visit_id TEXT NOT NULL REFERENCES field_visit (id),
  team_id TEXT NOT NULL,
  line BIGINT NOT NULL,
  company_id TEXT NOT NULL,
  day TEXT NOT NULL,
  share BIGINT NOT NULL,
  PRIMARY KEY (visit_id, team_id),
  UNIQUE (company_id, day, team_id)
);

-- Other officers who came along.
CREATE TABLE field_visit_person (
  visit_id TEXT NOT NULL REFERENCES field_visit (id),
  person_id TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (visit_id, person_id)
);

CREATE TABLE field_tour (
  id TEXT PRIMARY KEY,
  node_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  company_id TEXT NOT NULL,
  receiver TEXT NOT NULL,
  day TEXT NOT NULL,
  until_day TEXT NOT NULL,
  heads BIGINT NOT NULL CHECK (heads > 0),
  level TEXT NOT NULL,
  route TEXT NOT NULL,
  host TEXT NOT NULL,
  outcome TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'confirmed', 'refused', 'cancelled')),
  confirmed_by TEXT NOT NULL,
  confirmed_at BIGINT NOT NULL,
  remark TEXT NOT NULL,
  created_by TEXT NOT NULL,
  account_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  CHECK (state <> 'confirmed' OR confirmed_by <> created_by),
  UNIQUE (company_id, day, team_id)
);

CREATE INDEX field_tour_node ON field_tour (node_id, day, id);
CREATE INDEX field_tour_receiver ON field_tour (receiver, state, day);
CREATE INDEX field_tour_day ON field_tour (day, id);

CREATE TABLE field_event (
  id TEXT PRIMARY KEY,
  node_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('promotion', 'signing', 'poverty', 'visit', 'other')),
  day TEXT NOT NULL,
  place TEXT NOT NULL,
  summary TEXT NOT NULL,
  created_by TEXT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX field_event_day ON field_event (day, id);
