-- What a payment is made of: its kind, what the voucher says, which part of it is the outside investor's, and for foreign
-- money the sum in its currency with the rate of a day.
ALTER TABLE pipeline_funds ADD COLUMN kind TEXT NOT NULL DEFAULT 'fixed';
ALTER TABLE pipeline_funds ADD COLUMN paid BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pipeline_funds ADD COLUMN outside BIGINT NOT NULL DEFAULT 1000000;
ALTER TABLE pipeline_funds ADD COLUMN currency TEXT NOT NULL DEFAULT '';
ALTER TABLE pipeline_funds ADD COLUMN original BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pipeline_funds ADD COLUMN rate BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pipeline_funds ADD COLUMN rate_on TEXT NOT NULL DEFAULT '';
UPDATE pipeline_funds SET paid = amount;

-- An invoice proves one payment only.
CREATE TABLE pipeline_invoice (
  key TEXT PRIMARY KEY,
  funds_id TEXT NOT NULL REFERENCES pipeline_funds (id)
);

CREATE INDEX pipeline_invoice_funds ON pipeline_invoice (funds_id);
