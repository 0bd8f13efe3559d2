-- Ways to be recognised. Secrets are kept as SHA-256 digests only; all instants are of the real clock.
CREATE TABLE auth_session (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES auth_account (id),
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  client TEXT NOT NULL,
  agent TEXT NOT NULL
);

CREATE INDEX auth_session_account ON auth_session (account_id, created_at);

CREATE TABLE auth_token (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES auth_account (id),
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL
);

CREATE INDEX auth_token_account ON auth_token (account_id, created_at);

CREATE TABLE auth_recovery (
  account_id TEXT NOT NULL REFERENCES auth_account (id),
  hash TEXT NOT NULL,
  PRIMARY KEY (account_id, hash)
);

-- Failed tries of the last hours. who is a keyed digest of what was typed as the login: people type passwords there.
CREATE TABLE auth_failure (
  id TEXT PRIMARY KEY,
  who TEXT NOT NULL,
  source TEXT NOT NULL,
  at BIGINT NOT NULL
);

CREATE INDEX auth_failure_who ON auth_failure (who, source, at);
CREATE INDEX auth_failure_source ON auth_failure (source, at);
CREATE INDEX auth_failure_at ON auth_failure (at);
