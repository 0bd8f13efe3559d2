-- What was filed and what was judged stays as it was.

CREATE TRIGGER verify_round_no_update BEFORE UPDATE ON verify_round
BEGIN
  SELECT RAISE(ABORT, 'verify_round is append-only');
END;

CREATE TRIGGER verify_round_no_delete BEFORE DELETE ON verify_round
BEGIN
  SELECT RAISE(ABORT, 'verify_round is append-only');
END;

CREATE TRIGGER verify_step_no_update BEFORE UPDATE ON verify_step
BEGIN
  SELECT RAISE(ABORT, 'verify_step is append-only');
END;

CREATE TRIGGER verify_step_no_delete BEFORE DELETE ON verify_step
BEGIN
  SELECT RAISE(ABORT, 'verify_step is append-only');
END;

CREATE TRIGGER verify_evidence_no_update BEFORE UPDATE ON verify_evidence
BEGIN
  SELECT RAISE(ABORT, 'verify_evidence is append-only');
END;

CREATE TRIGGER verify_evidence_no_delete BEFORE DELETE ON verify_evidence
BEGIN
  SELECT RAISE(ABORT, 'verify_evidence is append-only');
END;

CREATE TRIGGER verify_finding_no_update BEFORE UPDATE ON verify_finding
BEGIN
  SELECT RAISE(ABORT, 'verify_finding is append-only');
END;

CREATE TRIGGER verify_finding_no_delete BEFORE DELETE ON verify_finding
BEGIN
  SELECT RAISE(ABORT, 'verify_finding is append-only');
END;
