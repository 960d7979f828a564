-- +goose Up
-- A site of which no layer could be tested was not checked: its sheet holds up the
-- plan until a person says why. Article 23(1).
ALTER TABLE security_sheet ADD COLUMN excuse TEXT NOT NULL DEFAULT '';
UPDATE security_sheet SET state = 'todo'
 WHERE state = 'checked' AND layers NOT LIKE '%"verdict":"fine"%' AND layers NOT LIKE '%"verdict":"holes"%';

-- +goose Down
UPDATE security_sheet SET state = 'checked' WHERE state = 'todo' AND layers LIKE '%"verdict":"untested"%'
   AND layers NOT LIKE '%"verdict":"fine"%' AND layers NOT LIKE '%"verdict":"holes"%';
ALTER TABLE security_sheet DROP COLUMN excuse;
