-- What was found at a door does not change or go.

CREATE TRIGGER field_knock_append_only BEFORE UPDATE OR DELETE ON field_knock
  FOR EACH ROW EXECUTE FUNCTION append_only();
