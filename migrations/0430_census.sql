-- +goose Up
-- How many pages of the release in force a run looked at, of how many, and why
-- not the others.
ALTER TABLE inspection_run ADD COLUMN census TEXT NOT NULL DEFAULT ''; -- JSON; empty: not published here

-- +goose Down
ALTER TABLE inspection_run DROP COLUMN census;
