-- The dated tree of units, the scope graph that limits every query, and the reference lists.
-- Spans are half-open: valid_from <= day < valid_to; 0001-01-01 and 9999-12-31 mean without bound.
CREATE TABLE org_unit (
  code TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('province', 'city', 'county', 'platform', 'park', 'office')),
  parent TEXT NOT NULL,
  name TEXT NOT NULL,
  short TEXT NOT NULL,
  agency TEXT NOT NULL,
  en TEXT NOT NULL,
  region TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  successor TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  version BIGINT NOT NULL,
  CHECK (valid_from < valid_to)
);

-- A node of the scope graph: a unit by its code; stations and teams by their ids.
CREATE TABLE org_node (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL
);

CREATE TABLE org_edge (
  parent TEXT NOT NULL REFERENCES org_node (id),
  child TEXT NOT NULL REFERENCES org_node (id),
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  PRIMARY KEY (parent, child, valid_from),
  CHECK (valid_from < valid_to),
  CHECK (parent <> child)
);

CREATE INDEX org_edge_child ON org_edge (child, parent);

-- The closure of org_edge, kept by package org in the same transaction. For one pair the spans never
-- touch, so a join on root, node and one day gives at most one row.
CREATE TABLE org_scope (
  root_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  PRIMARY KEY (root_id, node_id, valid_from)
);

CREATE INDEX org_scope_node ON org_scope (node_id, root_id, valid_from, valid_to);

CREATE TABLE org_region (
  code TEXT PRIMARY KEY,
  level TEXT NOT NULL CHECK (level IN ('province', 'city', 'county', 'town')),
  parent TEXT NOT NULL,
  name TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  successor TEXT NOT NULL
);

CREATE INDEX org_region_parent ON org_region (parent, code);

-- Groups of regions (kind 'group': code, region) and pairings of places (kind 'pairing': region with partner).
CREATE TABLE org_group (
  kind TEXT NOT NULL CHECK (kind IN ('group', 'pairing')),
  code TEXT NOT NULL,
  zh TEXT NOT NULL,
  en TEXT NOT NULL,
  region TEXT NOT NULL,
  partner TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  PRIMARY KEY (kind, code, region, partner, valid_from)
);

CREATE TABLE org_industry (
  code TEXT PRIMARY KEY,
  parent TEXT NOT NULL,
  level BIGINT NOT NULL,
  zh TEXT NOT NULL,
  en TEXT NOT NULL
);

CREATE TABLE org_code (
  list TEXT NOT NULL,
  code TEXT NOT NULL,
  zh TEXT NOT NULL,
  en TEXT NOT NULL,
  sort_key BIGINT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  PRIMARY KEY (list, code, valid_from)
);

-- One row. version changes with every change of the tables above except nodes, edges and scope; it is a
-- digest of all changes so far, so equal versions mean equal content and a copy in memory can be trusted.
CREATE TABLE org_version (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  version TEXT NOT NULL
);

INSERT INTO org_version (id, version) VALUES (1, '');
