-- +goose Up
-- Which program a vantage runs, and why its last batch could not be read. On SQLite this
-- stands in the file of probes (internal/inspection/probemigrations).
-- only: postgres
ALTER TABLE vantage_seen ADD COLUMN format INTEGER NOT NULL DEFAULT 0;
ALTER TABLE vantage_seen ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE vantage_seen ADD COLUMN refused_at TIMESTAMPTZ;
ALTER TABLE vantage_seen ADD COLUMN refused_says TEXT NOT NULL DEFAULT '';
-- end only

-- +goose Down
-- only: postgres
ALTER TABLE vantage_seen DROP COLUMN refused_says;
ALTER TABLE vantage_seen DROP COLUMN refused_at;
ALTER TABLE vantage_seen DROP COLUMN version;
ALTER TABLE vantage_seen DROP COLUMN format;
-- end only
