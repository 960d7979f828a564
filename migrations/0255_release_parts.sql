-- +goose Up
-- A change that touches a part of a site only: its home page, its topics. Empty
-- with no item either: the whole site.
ALTER TABLE release_change ADD COLUMN part TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE release_change DROP COLUMN part;
