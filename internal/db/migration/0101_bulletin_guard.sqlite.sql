-- A signed manifest stays as it was signed.

CREATE TRIGGER bulletin_manifest_no_update BEFORE UPDATE ON bulletin_manifest
BEGIN
  SELECT RAISE(ABORT, 'bulletin_manifest is append-only');
END;

CREATE TRIGGER bulletin_manifest_no_delete BEFORE DELETE ON bulletin_manifest
BEGIN
  SELECT RAISE(ABORT, 'bulletin_manifest is append-only');
END;

CREATE TRIGGER bulletin_document_signed BEFORE UPDATE ON bulletin_document
WHEN OLD.state = 'signed'
BEGIN
  SELECT RAISE(ABORT, 'a signed document does not change');
END;
