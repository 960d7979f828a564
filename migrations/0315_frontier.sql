-- +goose Up
-- The crawler's store. On SQLite it stands in a file of its own
-- (internal/frontier/migrations). Article 19(4).
-- only: postgres
CREATE TABLE crawl_round (
    id       TEXT COLLATE "C" PRIMARY KEY,
    site     TEXT NOT NULL,
    host     TEXT NOT NULL,
    urgent   BOOLEAN NOT NULL DEFAULT FALSE,
    state    TEXT NOT NULL,               -- waiting, held, done
    filed_at TIMESTAMPTZ NOT NULL,
    not_before TIMESTAMPTZ NOT NULL,
    holder   TEXT NOT NULL DEFAULT '',
    until    TIMESTAMPTZ,                 -- of the hold
    tries    INTEGER NOT NULL DEFAULT 0,
    spent_ms BIGINT NOT NULL DEFAULT 0,
    task     BYTEA NOT NULL
);
CREATE INDEX crawl_round_turn ON crawl_round (state, urgent, not_before);
-- A host is looked at by one worker at a time.
CREATE UNIQUE INDEX crawl_round_busy ON crawl_round (host) WHERE state = 'held';

CREATE TABLE crawl_host (
    host    TEXT PRIMARY KEY,
    left_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE crawl_page (
    site  TEXT COLLATE "C" NOT NULL,
    key   TEXT COLLATE "C" NOT NULL,                  -- of the address, as crawl spells it
    round TEXT NOT NULL,                  -- the last that was answered so
    at    TIMESTAMPTZ NOT NULL,
    facts BYTEA NOT NULL,                 -- JSON
    body  BYTEA NOT NULL,                 -- deflated
    PRIMARY KEY (site, key)
);

CREATE TABLE crawl_link (
    key   TEXT COLLATE "C" PRIMARY KEY,
    at    TIMESTAMPTZ NOT NULL,
    facts BYTEA NOT NULL                  -- JSON
);
CREATE INDEX crawl_link_at ON crawl_link (at);
-- end only

-- +goose Down
-- only: postgres
DROP TABLE crawl_link;
DROP TABLE crawl_page;
DROP TABLE crawl_host;
DROP TABLE crawl_round;
-- end only
