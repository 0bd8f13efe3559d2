-- A signed manifest stays as it was signed.

CREATE TRIGGER bulletin_manifest_append_only BEFORE UPDATE OR DELETE ON bulletin_manifest
  FOR EACH ROW EXECUTE FUNCTION append_only();

REVOKE UPDATE, DELETE, TRUNCATE ON bulletin_manifest FROM CURRENT_USER;

CREATE TRIGGER bulletin_document_signed BEFORE UPDATE ON bulletin_document
  FOR EACH ROW WHEN (OLD.state = 'signed') EXECUTE FUNCTION append_only();
