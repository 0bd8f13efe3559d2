-- Nothing in these tables changes or goes, whoever asks.

CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry
BEGIN
  SELECT RAISE(ABORT, 'ledger_entry is append-only');
END;

CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry
BEGIN
  SELECT RAISE(ABORT, 'ledger_entry is append-only');
END;

CREATE TRIGGER ledger_credit_no_update BEFORE UPDATE ON ledger_credit
BEGIN
  SELECT RAISE(ABORT, 'ledger_credit is append-only');
END;

CREATE TRIGGER ledger_credit_no_delete BEFORE DELETE ON ledger_credit
BEGIN
  SELECT RAISE(ABORT, 'ledger_credit is append-only');
END;

CREATE TRIGGER ledger_party_no_update BEFORE UPDATE ON ledger_party
BEGIN
  SELECT RAISE(ABORT, 'ledger_party is append-only');
END;

CREATE TRIGGER ledger_party_no_delete BEFORE DELETE ON ledger_party
BEGIN
  SELECT RAISE(ABORT, 'ledger_party is append-only');
END;

CREATE TRIGGER ledger_period_event_no_update BEFORE UPDATE ON ledger_period_event
BEGIN
  SELECT RAISE(ABORT, 'ledger_period_event is append-only');
END;

CREATE TRIGGER ledger_period_event_no_delete BEFORE DELETE ON ledger_period_event
BEGIN
  SELECT RAISE(ABORT, 'ledger_period_event is append-only');
END;

CREATE TRIGGER ledger_period_total_no_update BEFORE UPDATE ON ledger_period_total
BEGIN
  SELECT RAISE(ABORT, 'ledger_period_total is append-only');
END;

CREATE TRIGGER ledger_period_total_no_delete BEFORE DELETE ON ledger_period_total
BEGIN
  SELECT RAISE(ABORT, 'ledger_period_total is append-only');
END;
