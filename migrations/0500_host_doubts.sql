-- +goose Up
-- What one look at a site's names and machines found strange and no second look has
-- confirmed yet: ids of checks, with the instant of the first. Article 23.
ALTER TABLE host_look ADD COLUMN doubt TEXT NOT NULL DEFAULT '';
ALTER TABLE host_look ADD COLUMN doubted_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE host_look DROP COLUMN doubted_at;
ALTER TABLE host_look DROP COLUMN doubt;
