-- Industry chains: their nodes, the firms that stand there or are wanted, and the three lists of each county (一图三清单).
CREATE TABLE match_chain_node (
  id TEXT PRIMARY KEY,
  chain TEXT NOT NULL,
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  stream TEXT NOT NULL CHECK (stream IN ('up', 'mid', 'down')),
  sort_key BIGINT NOT NULL,
  dropped BOOLEAN NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX match_chain_node_chain ON match_chain_node (chain, sort_key, id);

CREATE TABLE match_chain_firm (
  node_id TEXT NOT NULL REFERENCES match_chain_node (id),
  company_id TEXT NOT NULL,
  standing TEXT NOT NULL CHECK (standing IN ('present', 'target', 'gone')),
  unit_id TEXT NOT NULL,
  PRIMARY KEY (node_id, company_id)
);

CREATE INDEX match_chain_firm_unit ON match_chain_firm (unit_id, standing);

CREATE TABLE match_chain_item (
  id TEXT PRIMARY KEY,
  unit_id TEXT NOT NULL,
  chain TEXT NOT NULL,
  node_id TEXT NOT NULL,
  list TEXT NOT NULL CHECK (list IN ('building', 'planned', 'wanted', 'closed')),
  title TEXT NOT NULL,
  project_id TEXT NOT NULL,
  note TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE INDEX match_chain_item_unit ON match_chain_item (unit_id, chain, list);
CREATE INDEX match_chain_item_chain ON match_chain_item (chain, list, updated_at, id);
