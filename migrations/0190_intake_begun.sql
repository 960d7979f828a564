-- +goose Up
-- Which beginning of work on a brought file is the last, so that a job ends only
-- the one it was made for.
ALTER TABLE intake_file ADD COLUMN begun TEXT COLLATE "C" NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE intake_file DROP COLUMN begun;
