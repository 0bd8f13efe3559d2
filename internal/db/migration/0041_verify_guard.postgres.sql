-- What was filed and what was judged stays as it was.

CREATE TRIGGER verify_round_append_only BEFORE UPDATE OR DELETE ON verify_round
  FOR EACH ROW EXECUTE FUNCTION append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON verify_round FROM CURRENT_USER;

CREATE TRIGGER verify_step_append_only BEFORE UPDATE OR DELETE ON verify_step
  FOR EACH ROW EXECUTE FUNCTION append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON verify_step FROM CURRENT_USER;

CREATE TRIGGER verify_evidence_append_only BEFORE UPDATE OR DELETE ON verify_evidence
  FOR EACH ROW EXECUTE FUNCTION append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON verify_evidence FROM CURRENT_USER;

CREATE TRIGGER verify_finding_append_only BEFORE UPDATE OR DELETE ON verify_finding
  FOR EACH ROW EXECUTE FUNCTION append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON verify_finding FROM CURRENT_USER;
