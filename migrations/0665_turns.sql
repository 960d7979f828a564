-- +goose Up
-- What a site that is not published here is known to have, whose turn it is and when each page
-- was last looked at. On SQLite it stands in the crawler's own file
-- (internal/frontier/migrations). Article 19(4).
-- only: postgres
CREATE TABLE crawl_known (
    site      TEXT COLLATE "C" NOT NULL,
    key       TEXT COLLATE "C" NOT NULL,  -- of the address, as crawl spells it
    url       TEXT NOT NULL,
    met_by    TEXT NOT NULL,              -- the round that met it first
    round     TEXT NOT NULL DEFAULT '',   -- the last that gave it its turn
    turn_at   TIMESTAMPTZ,                -- when; NULL: it never had one
    was_at    TIMESTAMPTZ,                -- its turn before that round
    looked_at TIMESTAMPTZ,                -- when it was last read
    PRIMARY KEY (site, key)
);
-- end only

-- How much of what is known of the site had its turn of late, as JSON; empty where unknown.
ALTER TABLE inspection_run ADD COLUMN turn TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE inspection_run DROP COLUMN turn;
-- only: postgres
DROP TABLE crawl_known;
-- end only
