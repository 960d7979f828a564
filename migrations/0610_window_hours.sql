-- +goose Up
-- When in its first and last day a window offline began and ended, where the house
-- knows it: with leave, at the act itself; an emergency is entered after it began.
ALTER TABLE offline_window ADD COLUMN began_at TIMESTAMPTZ;
ALTER TABLE offline_window ADD COLUMN ended_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE offline_window DROP COLUMN ended_at;
ALTER TABLE offline_window DROP COLUMN began_at;
