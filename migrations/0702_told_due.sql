-- +goose Up
-- The last day that the order of a hole named: a retest that failed or a dispute
-- moves due_on, and the order stays as it went out.
ALTER TABLE security_hole ADD COLUMN told_due_on DATE;
UPDATE security_hole SET told_due_on = due_on WHERE number <> '';

-- +goose Down
ALTER TABLE security_hole DROP COLUMN told_due_on;
