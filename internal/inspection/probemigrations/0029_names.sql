-- +goose Up
-- Where the name of a site leads from a vantage. On PostgreSQL the same table stands in
-- the house database (migrations/0623).
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

-- +goose Down
DROP TABLE vantage_name;
