-- +goose Up
-- What came with a site from the house it lived in before: its earlier
-- versions, the record, the excerpt of the trail. They are read, never changed,
-- and stand apart from what this house did itself.

CREATE TABLE site_arrival (
    id          TEXT COLLATE "C" PRIMARY KEY,
    site_id     TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    archive     TEXT NOT NULL,        -- SHA-256 of the archive's manifest
    host        TEXT NOT NULL,        -- of the site, as the archive names it
    made_at     TIMESTAMPTZ NOT NULL, -- the archive
    parts       TEXT NOT NULL,        -- JSON: what the manifest names, with hashes and counts
    letters     INTEGER NOT NULL,     -- taken
    letters_open INTEGER NOT NULL,    -- not dealt with there: they stay there
    begun_at    TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    UNIQUE (site_id, archive)
);

CREATE TABLE site_arrival_line (
    arrival_id TEXT COLLATE "C" NOT NULL REFERENCES site_arrival (id),
    part       TEXT NOT NULL CHECK (part IN ('version', 'place', 'record', 'trail')),
    seq        INTEGER NOT NULL CHECK (seq >= 1),
    at         TIMESTAMPTZ,
    who        TEXT NOT NULL,
    title      TEXT NOT NULL,
    says       TEXT NOT NULL,
    body       TEXT NOT NULL,
    ref        TEXT NOT NULL,         -- the item, '' for none
    PRIMARY KEY (arrival_id, part, seq)
);
CREATE INDEX site_arrival_line_at ON site_arrival_line (arrival_id, part, at);

-- +goose Down
DROP TABLE site_arrival_line;
DROP TABLE site_arrival;
