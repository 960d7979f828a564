-- +goose Up
-- What a site is known to have. On PostgreSQL the table stands in the house database
-- (migrations/0665).
CREATE TABLE crawl_known (
    site      TEXT NOT NULL,
    key       TEXT NOT NULL,              -- of the address, as crawl spells it
    url       TEXT NOT NULL,
    met_by    TEXT NOT NULL,              -- the round that met it first
    round     TEXT NOT NULL DEFAULT '',   -- the last that gave it its turn
    turn_at   TIMESTAMPTZ,                -- when; NULL: it never had one
    was_at    TIMESTAMPTZ,                -- its turn before that round
    looked_at TIMESTAMPTZ,                -- when it was last read
    PRIMARY KEY (site, key)
);

-- +goose Down
DROP TABLE crawl_known;
