-- +goose Up
-- Sites that did not answer and were not counted. On SQLite this stands in the file of
-- probes (internal/inspection/probemigrations).
-- only: postgres
CREATE TABLE probe_uncounted (
    site_id TEXT PRIMARY KEY,
    since   TIMESTAMPTZ NOT NULL, -- first round in which no site answered this system, which looked alone
    last_at TIMESTAMPTZ NOT NULL
);
-- end only

-- +goose Down
-- only: postgres
DROP TABLE probe_uncounted;
-- end only
