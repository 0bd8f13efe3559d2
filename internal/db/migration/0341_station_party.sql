-- Temporary party branches (临时党支部) at a station: a general branch has no unit, the others one. Their members, meetings and
-- decisions are read with a permission of their own and stand in no search, no figure and no public page.
CREATE TABLE station_party (
  id TEXT PRIMARY KEY,
  station_id TEXT NOT NULL REFERENCES station_station (id),
  unit_id TEXT NOT NULL,
  name TEXT NOT NULL,
  from_on TEXT NOT NULL,
  until_on TEXT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX station_party_station ON station_party (station_id);

CREATE TABLE station_party_member (
  id TEXT PRIMARY KEY,
  party_id TEXT NOT NULL REFERENCES station_party (id),
  name TEXT NOT NULL,
  duty TEXT NOT NULL CHECK (duty IN ('secretary', 'deputy', 'committee', 'member')),
  from_on TEXT NOT NULL,
  until_on TEXT NOT NULL
);

CREATE INDEX station_party_member_party ON station_party_member (party_id, from_on);

CREATE TABLE station_meeting (
  id TEXT PRIMARY KEY,
  party_id TEXT NOT NULL REFERENCES station_party (id),
  kind TEXT NOT NULL CHECK (kind IN ('members', 'committee', 'group', 'lecture', 'day')),
  held_on TEXT NOT NULL,
  place TEXT NOT NULL,
  agenda TEXT NOT NULL,
  minutes TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX station_meeting_party ON station_meeting (party_id, held_on);

CREATE TABLE station_meeting_present (
  meeting_id TEXT NOT NULL REFERENCES station_meeting (id),
  member_id TEXT NOT NULL REFERENCES station_party_member (id),
  PRIMARY KEY (meeting_id, member_id)
);

CREATE TABLE station_meeting_decision (
  meeting_id TEXT NOT NULL REFERENCES station_meeting (id),
  seq BIGINT NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (meeting_id, seq)
);

-- A decision on verifying data names the claims it speaks of.
CREATE TABLE station_meeting_claim (
  meeting_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  claim_id TEXT NOT NULL,
  PRIMARY KEY (meeting_id, seq, claim_id)
);
