-- +goose Up
-- How long a look at a site has taken so far, of one that was broken off. On PostgreSQL the
-- table stands in the house database (migrations/0685).
CREATE TABLE crawl_spent (
    round    TEXT PRIMARY KEY,
    spent_ms BIGINT NOT NULL,
    at       TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE crawl_spent;
