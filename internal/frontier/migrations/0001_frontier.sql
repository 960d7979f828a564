-- +goose Up
-- The crawler's own store. On PostgreSQL the same tables stand in the house
-- database (migrations/0315).

CREATE TABLE crawl_round (
    id       TEXT PRIMARY KEY,
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
    site  TEXT NOT NULL,
    key   TEXT NOT NULL,                  -- of the address, as crawl spells it
    round TEXT NOT NULL,                  -- the last that was answered so
    at    TIMESTAMPTZ NOT NULL,
    facts BYTEA NOT NULL,                 -- JSON
    body  BYTEA NOT NULL,                 -- deflated
    PRIMARY KEY (site, key)
);

CREATE TABLE crawl_link (
    key   TEXT PRIMARY KEY,
    at    TIMESTAMPTZ NOT NULL,
    facts BYTEA NOT NULL                  -- JSON
);
CREATE INDEX crawl_link_at ON crawl_link (at);

-- +goose Down
DROP TABLE crawl_link;
DROP TABLE crawl_page;
DROP TABLE crawl_host;
DROP TABLE crawl_round;
