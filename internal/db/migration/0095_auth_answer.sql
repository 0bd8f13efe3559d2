-- What was answered to a request that carried an Idempotency-Key, per person, for 24 hours of the real clock. key is a
-- digest, content a keyed digest of what was asked, body is sealed: an answer may hold a secret shown once.
-- status 0: the request was carried out, or is being; its answer is not kept yet.
CREATE TABLE auth_answer (
  person_id TEXT NOT NULL,
  key TEXT NOT NULL,
  content TEXT NOT NULL,
  at BIGINT NOT NULL,
  status BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (person_id, key)
);

CREATE INDEX auth_answer_at ON auth_answer (at);
