-- People and their accounts. A person is a human being, and four eyes compare persons; an account is a way in.
-- The duty of a person is business or exactly one of the three administrations, whatever accounts they hold;
-- an administrator's account holds no other role.
CREATE TABLE auth_person (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  duty TEXT NOT NULL CHECK (duty IN ('business', 'sysadmin', 'secadmin', 'auditor')),
  created_at BIGINT NOT NULL,
  UNIQUE (id, duty)
);

-- login_key is the folded login; roles are role names joined by commas; the seed of the second factor is sealed.
-- password_at and seen_at are of the real clock, created_at of the clock of the records.
CREATE TABLE auth_account (
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL,
  duty TEXT NOT NULL,
  login TEXT NOT NULL,
  login_key TEXT NOT NULL UNIQUE,
  unit TEXT NOT NULL,
  node TEXT NOT NULL,
  chain TEXT NOT NULL,
  roles TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  password_at BIGINT NOT NULL,
  must_change BOOLEAN NOT NULL,
  disabled BOOLEAN NOT NULL,
  factor_seed TEXT NOT NULL,
  factor_on BOOLEAN NOT NULL,
  factor_step BIGINT NOT NULL,
  lang TEXT NOT NULL,
  density TEXT NOT NULL,
  theme TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  CHECK ((duty = 'business' AND roles NOT LIKE '%sysadmin%' AND roles NOT LIKE '%secadmin%' AND roles NOT LIKE '%auditor%')
    OR (duty <> 'business' AND roles IN ('', duty))),
  FOREIGN KEY (person_id, duty) REFERENCES auth_person (id, duty) ON UPDATE CASCADE
);

CREATE INDEX auth_account_person ON auth_account (person_id);
