-- +goose Up
-- Where the name of a site leads from a vantage. On SQLite this stands in the file of
-- probes (internal/inspection/probemigrations).
-- only: postgres
CREATE TABLE vantage_name (
    site_id    TEXT NOT NULL,
    vantage_id TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    host       TEXT NOT NULL,
    addresses  TEXT NOT NULL,            -- with blanks between
    dialled    TEXT NOT NULL DEFAULT '',
    before     TEXT NOT NULL DEFAULT '', -- the addresses of the telling before
    before_at  TIMESTAMPTZ,
    PRIMARY KEY (site_id, vantage_id)
);
-- end only

-- +goose Down
-- only: postgres
DROP TABLE vantage_name;
-- end only
