-- Investment leads: what a company may want to build, who found it, and what was judged of it.
CREATE TABLE pipeline_lead (
  id TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  company_id TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('visit', 'referral', 'association', 'portal', 'event', 'other')),
  origin_subject TEXT NOT NULL,
  node_id TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  industry TEXT NOT NULL,
  chain TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  said TEXT NOT NULL,
  needs TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('new', 'qualified', 'refused', 'landed')),
  verdict TEXT NOT NULL,
  judged_by TEXT NOT NULL,
  judged_on TEXT NOT NULL,
  landing_unit TEXT NOT NULL,
  project_id TEXT NOT NULL,
  found_on TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  CHECK (state = 'new' OR judged_by <> created_by)
);

CREATE INDEX pipeline_lead_node ON pipeline_lead (node_id, updated_at, id);
CREATE INDEX pipeline_lead_landing ON pipeline_lead (landing_unit, updated_at, id);
CREATE INDEX pipeline_lead_company ON pipeline_lead (company_id);
