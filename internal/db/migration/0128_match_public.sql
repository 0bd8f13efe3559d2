-- What the public may see of a chain is said node by node, as it is said of sites.
ALTER TABLE match_chain_node ADD COLUMN published BOOLEAN NOT NULL DEFAULT FALSE;

-- A stock in memory asks which sites have other offers than it knows; the sums of all versions are no longer asked for.
DROP INDEX match_site_version;
DROP INDEX match_offer_version;
CREATE INDEX match_offer_stamp ON match_offer (site_id, version);
