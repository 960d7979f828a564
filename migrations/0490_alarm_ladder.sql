-- +goose Up
-- Alarms that were told to the last of the old ladder, or taken, had no clock:
-- they go on.
UPDATE alarm SET next_at = COALESCE(taken_at, raised_at) WHERE state <> 'ended' AND next_at IS NULL;

-- +goose Down
UPDATE alarm SET next_at = NULL WHERE state = 'taken' OR level > 1;
UPDATE alarm SET level = 2 WHERE level > 2;
