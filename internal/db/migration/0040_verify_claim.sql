-- A claim is what somebody says counts. It passes three levels by three persons, and is the only source of entries.
CREATE TABLE verify_claim (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  route TEXT NOT NULL CHECK (route IN ('field', 'project')),
  node_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  city TEXT NOT NULL,
  measure TEXT NOT NULL,
  delta BIGINT NOT NULL,
  occurred_on TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('filed', 'reviewed', 'recognised', 'returned', 'withdrawn')),
  round BIGINT NOT NULL,
  standing_round BIGINT NOT NULL,
  doubt TEXT NOT NULL,
  filed_by TEXT NOT NULL,
  filed_at BIGINT NOT NULL,
  moved_at BIGINT NOT NULL,
  due_on TEXT NOT NULL
);

CREATE INDEX verify_claim_queue ON verify_claim (state, route, due_on, id);
CREATE INDEX verify_claim_filer ON verify_claim (filed_by, state, moved_at);

-- What was said in each round, word for word, so that the hash a verdict binds can be recomputed.
CREATE TABLE verify_round (
  claim_id TEXT NOT NULL REFERENCES verify_claim (id),
  round BIGINT NOT NULL,
  content TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  evidence_hash TEXT NOT NULL,
  filed_by TEXT NOT NULL,
  filed_account TEXT NOT NULL,
  filed_at BIGINT NOT NULL,
  PRIMARY KEY (claim_id, round)
);

-- One verdict. Whoever filed cannot judge: the rule stands here as well as in the code.
CREATE TABLE verify_step (
  claim_id TEXT NOT NULL REFERENCES verify_claim (id),
  round BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('reviewed', 'recognised')),
  verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'return', 'doubt', 'withdraw')),
  person_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  evidence_hash TEXT NOT NULL,
  filed_by TEXT NOT NULL,
  PRIMARY KEY (claim_id, round, seq),
  CHECK (verdict <> 'pass' OR person_id <> filed_by)
);

CREATE UNIQUE INDEX verify_step_passed_once ON verify_step (claim_id, round, level) WHERE verdict = 'pass';
CREATE UNIQUE INDEX verify_step_one_level_each ON verify_step (claim_id, round, person_id) WHERE verdict = 'pass';

-- Evidence belongs to a round: what a verdict saw stays what it saw.
CREATE TABLE verify_evidence (
  id TEXT PRIMARY KEY,
  claim_id TEXT NOT NULL REFERENCES verify_claim (id),
  round BIGINT NOT NULL,
  blob TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size BIGINT NOT NULL,
  added_by TEXT NOT NULL,
  added_at BIGINT NOT NULL
);

CREATE INDEX verify_evidence_claim ON verify_evidence (claim_id, round);

-- What the rules noticed when a round was filed. A person decides.
CREATE TABLE verify_finding (
  claim_id TEXT NOT NULL REFERENCES verify_claim (id),
  round BIGINT NOT NULL,
  rule TEXT NOT NULL,
  title_zh TEXT NOT NULL,
  title_en TEXT NOT NULL,
  detail_zh TEXT NOT NULL,
  detail_en TEXT NOT NULL,
  PRIMARY KEY (claim_id, round, rule)
);
