-- +goose Up
-- Notices of opening that were recorded before notices were watched: when each
-- was taken over.
ALTER TABLE launch_notice ADD COLUMN carried_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE launch_notice DROP COLUMN carried_at;
