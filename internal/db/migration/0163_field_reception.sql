-- How the receiving unit receives a tour: the plan of its reception, and the sheet that closes it.
CREATE TABLE field_reception (
  tour_id TEXT PRIMARY KEY REFERENCES field_tour (id),
  programme TEXT NOT NULL,
  sites TEXT NOT NULL,
  leaders TEXT NOT NULL,
  cost_centre TEXT NOT NULL,
  next_step TEXT NOT NULL,
  arranged_by TEXT NOT NULL,
  arranged_at BIGINT NOT NULL,
  closed_by TEXT NOT NULL,
  closed_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

-- The teams of a joint tour, the lead first: one company, one day, one tour, however many brought it.
CREATE TABLE field_tour_team (
  tour_id TEXT NOT NULL REFERENCES field_tour (id),
  team_id TEXT NOT NULL,
  line BIGINT NOT NULL,
  share BIGINT NOT NULL,
  PRIMARY KEY (tour_id, team_id)
);
