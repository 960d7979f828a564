-- +goose Up
-- When a download address was last seen to answer or not, apart from when its turn was: an answer
-- that was seen earlier and comes later does not replace it. Article 19(4).
ALTER TABLE app_store_look ADD COLUMN seen_at TIMESTAMPTZ;
UPDATE app_store_look SET seen_at = at;

-- +goose Down
ALTER TABLE app_store_look DROP COLUMN seen_at;
