-- +goose Up
-- When the names and machines of a site are looked at again before their day: a vantage
-- told once of an address that is not on record. Article 23.
ALTER TABLE host_look ADD COLUMN again_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE host_look DROP COLUMN again_at;
