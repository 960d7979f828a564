-- +goose Up
-- When a vantage's clock, which had been ahead, was found set right. On PostgreSQL the
-- same column stands in the house database (migrations/0620).
ALTER TABLE vantage_seen ADD COLUMN set_right_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE vantage_seen DROP COLUMN set_right_at;
