-- +goose Up
-- How often a confirmed false alarm was seen since was never counted. Article 19(4).
ALTER TABLE finding_false DROP COLUMN held;

-- +goose Down
ALTER TABLE finding_false ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
