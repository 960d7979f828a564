-- +goose Up
-- An emergency may strike while an approved pause still waits: one of each.
DROP INDEX offline_window_open;
CREATE UNIQUE INDEX offline_window_open ON offline_window (object_kind, object_id, state) WHERE state IN ('approved', 'running');

-- +goose Down
DROP INDEX offline_window_open;
CREATE UNIQUE INDEX offline_window_open ON offline_window (object_kind, object_id) WHERE state IN ('approved', 'running');
