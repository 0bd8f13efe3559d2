-- What was found at a door does not change or go.

CREATE TRIGGER field_knock_no_update BEFORE UPDATE ON field_knock
BEGIN
  SELECT RAISE(ABORT, 'field_knock is append-only');
END;

CREATE TRIGGER field_knock_no_delete BEFORE DELETE ON field_knock
BEGIN
  SELECT RAISE(ABORT, 'field_knock is append-only');
END;
