-- The sheet of questions and answers of a press conference is a kind of document.
ALTER TABLE bulletin_document DROP CONSTRAINT bulletin_document_kind_check;
ALTER TABLE bulletin_document ADD CONSTRAINT bulletin_document_kind_check CHECK (kind IN ('press', 'brief', 'report', 'answers'));
