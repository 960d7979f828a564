-- +goose Up
-- Publishing: what waits to be drawn, and the releases of each site. A release
-- record is the evidence that something was public (Articles 7, 8: 公示, 公告).

CREATE TABLE release_change (
    id        TEXT COLLATE "C" PRIMARY KEY,
    site_id   TEXT NOT NULL REFERENCES site (id),
    item_id   TEXT NOT NULL DEFAULT '', -- empty: the whole site
    column_id TEXT NOT NULL DEFAULT '', -- touched, also when the item left it
    at        TIMESTAMPTZ NOT NULL
);
CREATE INDEX release_change_site ON release_change (site_id, id);

CREATE TABLE site_release (
    site_id TEXT NOT NULL REFERENCES site (id),
    no      INTEGER NOT NULL CHECK (no >= 1),
    hash    TEXT NOT NULL,            -- SHA-256 of the signed manifest
    whole   BOOLEAN NOT NULL,         -- every page drawn anew
    pages   INTEGER NOT NULL,         -- pages that differ from the release before
    items   INTEGER NOT NULL,         -- items drawn
    took_ms INTEGER NOT NULL,         -- from the first waiting change to the switch
    at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (site_id, no)
);

-- +goose Down
DROP TABLE site_release;
DROP TABLE release_change;
