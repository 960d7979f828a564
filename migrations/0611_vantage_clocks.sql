-- +goose Up
-- How far a vantage's clock was ahead of ours with its last batch; behind: less than
-- zero. On SQLite this stands in the file of probes (internal/inspection/probemigrations).
-- only: postgres
ALTER TABLE vantage_seen ADD COLUMN ahead_ms BIGINT NOT NULL DEFAULT 0;
-- end only

-- +goose Down
-- only: postgres
ALTER TABLE vantage_seen DROP COLUMN ahead_ms;
-- end only
