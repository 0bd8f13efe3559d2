-- What happens at an event, and who comes, one line each.
ALTER TABLE field_event ADD COLUMN programme TEXT NOT NULL DEFAULT '';
ALTER TABLE field_event ADD COLUMN guests TEXT NOT NULL DEFAULT '';
