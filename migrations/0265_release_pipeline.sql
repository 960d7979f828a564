-- +goose Up
-- The release pipeline reads a column by ranges of its time, never by counting
-- from its start.
CREATE INDEX item_placement_order ON item_placement (column_id, state, shown_at, id);
-- Whole renders read a site's placements in batches by id.
CREATE INDEX item_placement_pages ON item_placement (site_id, state, id);

-- A site that was set back to an earlier release stays there until somebody
-- lets it go on. What changes meanwhile waits.
CREATE TABLE site_hold (
    site_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES site (id),
    from_no    INTEGER NOT NULL,        -- what was public before
    from_hash  TEXT NOT NULL,
    to_no      INTEGER NOT NULL,        -- the release whose pages are shown
    release_no INTEGER NOT NULL,        -- the number they are shown under
    reason     TEXT NOT NULL CHECK (reason <> ''),
    person_id  TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL
);
ALTER TABLE site_release ADD COLUMN of_no INTEGER; -- the earlier release whose pages it shows again

-- Addresses that lead elsewhere: moved in, changed, closed.
CREATE TABLE site_redirect (
    id        TEXT COLLATE "C" PRIMARY KEY,
    site_id   TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    host      TEXT NOT NULL,            -- '' for the site's own; else an old host that leads here
    path      TEXT COLLATE "C" NOT NULL,
    target    TEXT NOT NULL,            -- a path of the site, or an address
    origin    TEXT NOT NULL CHECK (origin IN ('typed', 'list', 'movein', 'column')),
    person_id TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL,
    UNIQUE (site_id, host, path)
);
CREATE INDEX site_redirect_target ON site_redirect (site_id, target);

-- A promise of time that was not kept: told once, settled by what went live.
CREATE TABLE late_publication (
    placement_id TEXT COLLATE "C" PRIMARY KEY REFERENCES item_placement (id),
    site_id      TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    due_at       TIMESTAMPTZ NOT NULL,
    told_at      TIMESTAMPTZ NOT NULL,
    live_at      TIMESTAMPTZ            -- on the portal
);
CREATE INDEX late_publication_site ON late_publication (site_id, due_at);

-- +goose Down
DROP TABLE late_publication;
DROP TABLE site_redirect;
ALTER TABLE site_release DROP COLUMN of_no;
DROP TABLE site_hold;
DROP INDEX item_placement_pages;
DROP INDEX item_placement_order;
