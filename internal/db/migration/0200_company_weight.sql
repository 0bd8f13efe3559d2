-- How likely a company is the one meant among many of like name, 0 to 255, from its registry facts.
ALTER TABLE company_company ADD COLUMN weight BIGINT NOT NULL DEFAULT 0;

-- Who has no companies yet has nothing to derive anew.
INSERT INTO db_setting (key, value) SELECT 'company.search', '3' WHERE NOT EXISTS (SELECT 1 FROM company_company);
