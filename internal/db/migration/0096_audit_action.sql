-- The trail is asked for by action and by person, newest first.
CREATE INDEX audit_record_action ON audit_record (action, at);
CREATE INDEX audit_record_person ON audit_record (person_id, at);
