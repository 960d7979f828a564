-- +goose Up
-- The day of the month a plan wants, which shorter months do not change; 0: the day
-- of its next draw (plans made before).
ALTER TABLE patrol_plan ADD COLUMN month_day INTEGER NOT NULL DEFAULT 0;

-- On SQLite this stands in the file of probes (internal/inspection/probemigrations).
-- only: postgres
CREATE TABLE probe_refusal (
    site_id TEXT PRIMARY KEY,
    since   TIMESTAMPTZ NOT NULL, -- first probe that the site refused and did not answer otherwise since
    last_at TIMESTAMPTZ NOT NULL,
    status  INTEGER NOT NULL
);
-- end only

-- +goose Down
ALTER TABLE patrol_plan DROP COLUMN month_day;
-- only: postgres
DROP TABLE probe_refusal;
-- end only
