-- +goose Up
-- How long a look at a site has taken so far, of one that was broken off. On SQLite it stands in
-- the crawler's own file (internal/frontier/migrations). Article 19(4).
-- only: postgres
CREATE TABLE crawl_spent (
    round    TEXT COLLATE "C" PRIMARY KEY,
    spent_ms BIGINT NOT NULL,
    at       TIMESTAMPTZ NOT NULL
);
-- end only

-- +goose Down
-- only: postgres
DROP TABLE crawl_spent;
-- end only
