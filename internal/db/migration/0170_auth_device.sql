-- Phones that work without a network. The secret is kept as its SHA-256 alone; all instants are of the real clock.
-- lease_until is until when the phone may send without a new sign-in; revoked_at is 0 while it may at all.
CREATE TABLE auth_device (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES auth_account (id),
  hash TEXT NOT NULL UNIQUE,
  agent TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  signed_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);

CREATE INDEX auth_device_account ON auth_device (account_id, created_at);
