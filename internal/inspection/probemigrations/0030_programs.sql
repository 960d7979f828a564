-- +goose Up
-- Which program a vantage runs, and why its last batch could not be read. On PostgreSQL
-- the same columns stand in the house database (migrations/0661).
ALTER TABLE vantage_seen ADD COLUMN format INTEGER NOT NULL DEFAULT 0;
ALTER TABLE vantage_seen ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE vantage_seen ADD COLUMN refused_at TIMESTAMPTZ;
ALTER TABLE vantage_seen ADD COLUMN refused_says TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE vantage_seen DROP COLUMN refused_says;
ALTER TABLE vantage_seen DROP COLUMN refused_at;
ALTER TABLE vantage_seen DROP COLUMN version;
ALTER TABLE vantage_seen DROP COLUMN format;
