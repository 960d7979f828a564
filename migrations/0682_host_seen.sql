-- +goose Up
-- What a crawler beyond the wall saw last of the names and machines behind a site, and
-- why it saw nothing; where and when the last look was made. Articles 22 to 24.
CREATE TABLE host_seen (
    site_id   TEXT COLLATE "C" PRIMARY KEY REFERENCES site (id),
    at        TIMESTAMPTZ,
    vantage   TEXT NOT NULL DEFAULT '',
    seen      TEXT NOT NULL DEFAULT '',    -- JSON: hosts.Sight
    missed_at TIMESTAMPTZ,
    missed    TEXT NOT NULL DEFAULT ''
);
ALTER TABLE host_look ADD COLUMN seen_at TIMESTAMPTZ;
ALTER TABLE host_look ADD COLUMN vantage TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE host_look DROP COLUMN vantage;
ALTER TABLE host_look DROP COLUMN seen_at;
DROP TABLE host_seen;
