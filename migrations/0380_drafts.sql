-- +goose Up
-- What was put right and seen again: a paper about a quarter asks how things
-- stood on its day.
CREATE INDEX passage_reopened ON passage (kind, at) WHERE act = 'reopen';
-- only: postgres
CREATE INDEX probe_day_on ON probe_day (day);
-- end only

-- +goose Down
-- only: postgres
DROP INDEX probe_day_on;
-- end only
DROP INDEX passage_reopened;
