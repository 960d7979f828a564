-- +goose Up
-- When a vantage's clock, which had been ahead, was found set right. On SQLite this
-- stands in the file of probes (internal/inspection/probemigrations).
-- only: postgres
ALTER TABLE vantage_seen ADD COLUMN set_right_at TIMESTAMPTZ;
-- end only

-- +goose Down
-- only: postgres
ALTER TABLE vantage_seen DROP COLUMN set_right_at;
-- end only
