-- +goose Up
-- What became of the links between the articles of an old site; JSON.
ALTER TABLE move_in_batch ADD COLUMN relinked TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE move_in_batch DROP COLUMN relinked;
