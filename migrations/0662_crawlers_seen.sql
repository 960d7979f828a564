-- +goose Up
-- The crawlers beyond the wall as their batches told of them: when, which program, and
-- why one could not be read. Article 19(4).
CREATE TABLE crawler_seen (
    name         TEXT COLLATE "C" PRIMARY KEY,
    seen_at      TIMESTAMPTZ,
    format       INTEGER NOT NULL DEFAULT 0,
    version      TEXT NOT NULL DEFAULT '',
    refused_at   TIMESTAMPTZ,
    refused_says TEXT NOT NULL DEFAULT ''
);

-- +goose Down
DROP TABLE crawler_seen;
