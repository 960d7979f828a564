-- +goose Up
-- Sites that did not answer and were not counted. On PostgreSQL the same table stands in
-- the house database (migrations/0621).
CREATE TABLE probe_uncounted (
    site_id TEXT PRIMARY KEY,
    since   TIMESTAMPTZ NOT NULL, -- first round in which no site answered this system, which looked alone
    last_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE probe_uncounted;
