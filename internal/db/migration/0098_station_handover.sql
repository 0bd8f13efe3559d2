-- What somebody who leaves a station passes on: one row per company that is warm or to which something was promised.
CREATE TABLE station_handover (
  id TEXT PRIMARY KEY,
  team_id TEXT NOT NULL REFERENCES station_team (id),
  batch_id TEXT NOT NULL,
  from_person TEXT NOT NULL,
  to_person TEXT NOT NULL CHECK (to_person <> from_person),
  state TEXT NOT NULL CHECK (state IN ('draft', 'handed', 'accepted')),
  words TEXT NOT NULL,
  items BIGINT NOT NULL,
  complete BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  handed_at BIGINT NOT NULL,
  accepted_at BIGINT NOT NULL,
  returned_why TEXT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX station_handover_team ON station_handover (team_id, id);

CREATE TABLE station_handover_item (
  handover_id TEXT NOT NULL REFERENCES station_handover (id),
  subject TEXT NOT NULL,
  title TEXT NOT NULL,
  last_on TEXT NOT NULL,
  intent TEXT NOT NULL,
  said TEXT NOT NULL,
  next_step TEXT NOT NULL,
  next_on TEXT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (handover_id, subject)
);
