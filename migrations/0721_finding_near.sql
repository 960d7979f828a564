-- +goose Up
-- Where a wrong word stands, as a reader finds it: the nearest heading, then the words around.
-- Empty: the place says it, or it was filed before and not seen since. Article 19(4).
ALTER TABLE finding ADD COLUMN near TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE finding DROP COLUMN near;
