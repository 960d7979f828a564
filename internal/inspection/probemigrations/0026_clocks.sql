-- +goose Up
-- How far a vantage's clock was ahead of ours with its last batch; behind: less than
-- zero. On PostgreSQL the same column stands in the house database (migrations/0611).
ALTER TABLE vantage_seen ADD COLUMN ahead_ms BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE vantage_seen DROP COLUMN ahead_ms;
