-- +goose Up
-- Sites that refuse our probes. On PostgreSQL the same table stands in the house
-- database (migrations/0470).
CREATE TABLE probe_refusal (
    site_id TEXT PRIMARY KEY,
    since   TIMESTAMPTZ NOT NULL, -- first probe that the site refused and did not answer otherwise since
    last_at TIMESTAMPTZ NOT NULL,
    status  INTEGER NOT NULL
);

-- +goose Down
DROP TABLE probe_refusal;
