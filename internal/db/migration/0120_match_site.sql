-- Places where a company can settle (载体), what they offer, and pictures. Nothing is deleted: an offer ends by its last day.
CREATE TABLE match_site (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('park', 'platform', 'town', 'county')),
  unit_id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  region TEXT NOT NULL,
  lng BIGINT NOT NULL,
  lat BIGINT NOT NULL,
  chains TEXT NOT NULL,
  product TEXT NOT NULL,
  chemical BOOLEAN NOT NULL,
  banned TEXT NOT NULL,
  summary TEXT NOT NULL,
  summary_en TEXT NOT NULL,
  published BOOLEAN NOT NULL,
  source TEXT NOT NULL,
  as_of TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX match_site_unit ON match_site (unit_id);
CREATE INDEX match_site_updated ON match_site (updated_at, id);
CREATE INDEX match_site_version ON match_site (version);

CREATE TABLE match_offer (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES match_site (id),
  kind TEXT NOT NULL CHECK (kind IN ('hall', 'land', 'energy', 'labour', 'logistics', 'policy', 'resource')),
  title TEXT NOT NULL,
  hall BIGINT NOT NULL CHECK (hall >= 0),
  height BIGINT NOT NULL CHECK (height >= 0),
  load BIGINT NOT NULL CHECK (load >= 0),
  power BIGINT NOT NULL CHECK (power >= 0),
  steam BIGINT NOT NULL CHECK (steam >= 0),
  land BIGINT NOT NULL CHECK (land >= 0),
  workers BIGINT NOT NULL CHECK (workers >= 0),
  sewage TEXT NOT NULL CHECK (sewage IN ('', 'domestic', 'industrial', 'heavy')),
  price BIGINT NOT NULL CHECK (price >= 0),
  distance BIGINT NOT NULL CHECK (distance >= 0),
  reviewed BOOLEAN NOT NULL,
  body TEXT NOT NULL,
  free_from TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  source TEXT NOT NULL,
  as_of TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX match_offer_site ON match_offer (site_id, kind, id);
CREATE INDEX match_offer_version ON match_offer (version);

CREATE TABLE match_photo (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES match_site (id),
  blob TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size BIGINT NOT NULL,
  caption TEXT NOT NULL,
  at BIGINT NOT NULL
);

CREATE INDEX match_photo_site ON match_photo (site_id, at, id);
