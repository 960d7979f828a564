-- +goose Up
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
-- only: postgres
DROP TABLE probe_refusal;
-- end only
