-- How many companies share an address is asked of each contract.
CREATE INDEX company_company_address ON company_company (address) WHERE address <> '';
