-- The week's plan: what a team means to do on a day, until it is done by a visit or dropped.
CREATE TABLE field_errand (
  id TEXT PRIMARY KEY,
  node_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  company_id TEXT NOT NULL,
  building_id TEXT NOT NULL,
  day TEXT NOT NULL,
  at_time TEXT NOT NULL,
  purpose TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('own', 'due', 'warm', 'lead', 'new')),
  state TEXT NOT NULL CHECK (state IN ('planned', 'done', 'dropped')),
  visit_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  CHECK ((company_id <> '') <> (building_id <> '')),
  CHECK (state <> 'done' OR visit_id <> '')
);

CREATE INDEX field_errand_node ON field_errand (node_id, day, id);
CREATE INDEX field_errand_company ON field_errand (company_id, state, day);
CREATE INDEX field_errand_visit ON field_errand (visit_id);
