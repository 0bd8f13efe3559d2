-- Nothing in these tables changes or goes, whoever asks. The owner gives up its own rights as well, so that
-- a stray statement fails before it reaches the triggers.

CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION append_only();

CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entry FROM CURRENT_USER;

CREATE TRIGGER ledger_credit_append_only BEFORE UPDATE OR DELETE ON ledger_credit
  FOR EACH ROW EXECUTE FUNCTION append_only();

CREATE TRIGGER ledger_credit_no_truncate BEFORE TRUNCATE ON ledger_credit
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON ledger_credit FROM CURRENT_USER;

CREATE TRIGGER ledger_party_append_only BEFORE UPDATE OR DELETE ON ledger_party
  FOR EACH ROW EXECUTE FUNCTION append_only();

CREATE TRIGGER ledger_party_no_truncate BEFORE TRUNCATE ON ledger_party
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON ledger_party FROM CURRENT_USER;

CREATE TRIGGER ledger_period_event_append_only BEFORE UPDATE OR DELETE ON ledger_period_event
  FOR EACH ROW EXECUTE FUNCTION append_only();

CREATE TRIGGER ledger_period_event_no_truncate BEFORE TRUNCATE ON ledger_period_event
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON ledger_period_event FROM CURRENT_USER;

CREATE TRIGGER ledger_period_total_append_only BEFORE UPDATE OR DELETE ON ledger_period_total
  FOR EACH ROW EXECUTE FUNCTION append_only();

CREATE TRIGGER ledger_period_total_no_truncate BEFORE TRUNCATE ON ledger_period_total
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON ledger_period_total FROM CURRENT_USER;
