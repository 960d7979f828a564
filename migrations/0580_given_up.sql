-- +goose Up
-- What a job was to do ends with that job, and says so.
-- An order: why its last retest ended before it had looked at everything, and whether
-- the retest is a job's, which ends it, or was asked for by a person who waits.
ALTER TABLE rectify_order ADD COLUMN retest_broken TEXT NOT NULL DEFAULT '';
ALTER TABLE rectify_order ADD COLUMN retest_alone BOOLEAN NOT NULL DEFAULT FALSE;
-- Which beginning of work on a batch a job ends, as of a file of the ledger.
ALTER TABLE move_in_batch ADD COLUMN begun TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE move_in_batch DROP COLUMN begun;
ALTER TABLE rectify_order DROP COLUMN retest_alone;
ALTER TABLE rectify_order DROP COLUMN retest_broken;
