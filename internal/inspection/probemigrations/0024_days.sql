-- +goose Up
-- The days of a span, over all sites: how many probes they hold.
CREATE INDEX probe_day_on ON probe_day (day);

-- +goose Down
DROP INDEX probe_day_on;
