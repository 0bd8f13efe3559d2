-- A random spot check: what was drawn, by which public seed, out of what counted at that moment. Anybody can draw it again.
CREATE TABLE verify_draw (
  id TEXT PRIMARY KEY,
  node_id TEXT NOT NULL,
  title TEXT NOT NULL,
  route TEXT NOT NULL CHECK (route IN ('field', 'project')),
  from_day TEXT NOT NULL,
  through_day TEXT NOT NULL,
  known TEXT NOT NULL,
  seed TEXT NOT NULL,
  permille BIGINT NOT NULL CHECK (permille >= 1 AND permille <= 1000),
  big BIGINT NOT NULL CHECK (big >= 0),
  flagged BOOLEAN NOT NULL,
  population BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL
);

CREATE INDEX verify_draw_node ON verify_draw (node_id, made_at);

-- One claim of a draw: why it is in it, and what the check came to.
CREATE TABLE verify_drawn (
  draw_id TEXT NOT NULL REFERENCES verify_draw (id),
  line BIGINT NOT NULL,
  claim_id TEXT NOT NULL REFERENCES verify_claim (id),
  why TEXT NOT NULL CHECK (why IN ('drawn', 'big', 'flagged')),
  result TEXT NOT NULL CHECK (result IN ('', 'holds', 'wrong')),
  note TEXT NOT NULL,
  checked_by TEXT NOT NULL,
  checked_at BIGINT NOT NULL,
  PRIMARY KEY (draw_id, claim_id)
);
