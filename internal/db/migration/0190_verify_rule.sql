-- What a person changed in a rule: whether it is on, how far up it moves a claim, its limits and words. A change is a
-- new version; what a rule noticed before names the version it noticed it with. Version 0 is as the program came.
CREATE TABLE verify_rule (
  code TEXT NOT NULL,
  version BIGINT NOT NULL CHECK (version > 0),
  enabled BOOLEAN NOT NULL,
  risk BIGINT NOT NULL CHECK (risk >= 1 AND risk <= 9),
  limits TEXT NOT NULL,
  words TEXT NOT NULL,
  reason TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (code, version)
);

ALTER TABLE verify_finding ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

ALTER TABLE verify_finding ADD COLUMN risk BIGINT NOT NULL DEFAULT 1;

-- The sum of the risks of the current round's findings: the inbox shows the highest first.
ALTER TABLE verify_claim ADD COLUMN risk BIGINT NOT NULL DEFAULT 0;

-- The round that the rules looked at last; they look at what is filed at once, and before any verdict.
ALTER TABLE verify_claim ADD COLUMN looked BIGINT NOT NULL DEFAULT 0;

UPDATE verify_claim SET looked = round;

CREATE INDEX verify_claim_unlooked ON verify_claim (id) WHERE looked < round;

CREATE INDEX verify_claim_risk ON verify_claim (state, route, risk, due_on, id);

CREATE INDEX verify_claim_day ON verify_claim (kind, occurred_on, id);

CREATE INDEX verify_evidence_blob ON verify_evidence (blob);

-- What was read out of a picture, once for each: the day it was taken by its own word, and the bits by which nearly
-- the same pictures are found, also cut into bands to look them up by.
CREATE TABLE verify_picture (
  blob TEXT PRIMARY KEY,
  taken_on TEXT NOT NULL,
  bits BIGINT NOT NULL,
  readable BOOLEAN NOT NULL
);

CREATE TABLE verify_picture_band (
  band BIGINT NOT NULL,
  bits BIGINT NOT NULL,
  blob TEXT NOT NULL REFERENCES verify_picture (blob),
  PRIMARY KEY (band, bits, blob)
);

CREATE INDEX verify_step_person ON verify_step (person_id, at);
