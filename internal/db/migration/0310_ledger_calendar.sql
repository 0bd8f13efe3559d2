-- December is closed twice: preliminarily, and finally when the late vouchers of the year are in.
ALTER TABLE ledger_period_event ADD COLUMN preliminary BOOLEAN NOT NULL DEFAULT FALSE;
