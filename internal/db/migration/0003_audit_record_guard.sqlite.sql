CREATE TRIGGER audit_record_no_update BEFORE UPDATE ON audit_record
BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

CREATE TRIGGER audit_record_no_delete BEFORE DELETE ON audit_record
BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
