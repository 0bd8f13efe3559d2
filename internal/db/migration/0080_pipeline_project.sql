-- Projects, their investors, and the money that arrived.
CREATE TABLE pipeline_counter (
  year TEXT PRIMARY KEY,
  n BIGINT NOT NULL
);

CREATE TABLE pipeline_project (
  id TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  nature TEXT NOT NULL CHECK (nature IN ('introduced', 'upgrade', 'expansion')),
  stage TEXT NOT NULL CHECK (stage IN ('registered', 'signed')),
  node_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  lead_company TEXT NOT NULL,
  industry TEXT NOT NULL,
  wheel TEXT NOT NULL,
  chain TEXT NOT NULL,
  mode TEXT NOT NULL,
  event_id TEXT NOT NULL,
  origin TEXT NOT NULL,
  tags TEXT NOT NULL,
  registered_on TEXT NOT NULL,
  signed_on TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  contract_no TEXT NOT NULL,
  summary TEXT NOT NULL,
  next_step TEXT NOT NULL,
  next_on TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX pipeline_project_node ON pipeline_project (node_id, updated_at, id);
CREATE INDEX pipeline_project_updated ON pipeline_project (updated_at, id);
CREATE INDEX pipeline_project_lead ON pipeline_project (lead_company);

CREATE TABLE pipeline_investor (
  project_id TEXT NOT NULL REFERENCES pipeline_project (id),
  company_id TEXT NOT NULL,
  line BIGINT NOT NULL,
  PRIMARY KEY (project_id, company_id)
);

CREATE INDEX pipeline_investor_company ON pipeline_investor (company_id);

-- Credit for a project and its money, in millionths that sum to 1,000,000. No rows: all to the project's team.
CREATE TABLE pipeline_share (
  project_id TEXT NOT NULL REFERENCES pipeline_project (id),
  line BIGINT NOT NULL,
  unit_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  share BIGINT NOT NULL CHECK (share > 0 AND share <= 1000000),
  PRIMARY KEY (project_id, line)
);

CREATE TABLE pipeline_funds (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES pipeline_project (id),
  node_id TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  received_on TEXT NOT NULL,
  voucher_kind TEXT NOT NULL,
  voucher_no TEXT NOT NULL,
  payer TEXT NOT NULL,
  payee TEXT NOT NULL,
  use_of TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  UNIQUE (voucher_no, amount, received_on)
);

CREATE INDEX pipeline_funds_project ON pipeline_funds (project_id, received_on);
CREATE INDEX pipeline_funds_node ON pipeline_funds (node_id, received_on, id);
CREATE INDEX pipeline_funds_voucher ON pipeline_funds (voucher_no);
