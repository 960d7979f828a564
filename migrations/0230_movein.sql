-- +goose Up
-- Taking in: files from desks, archives, the pages of an old site. A batch is
-- rehearsed into one list of items, taken in, and can be undone as a whole.
CREATE TABLE move_in_batch (
    id          TEXT COLLATE "C" PRIMARY KEY,
    kind        TEXT NOT NULL,             -- files, crawl
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    name        TEXT NOT NULL,
    item_type   TEXT NOT NULL DEFAULT '',  -- of items that do not say; empty: guessed
    address     TEXT NOT NULL DEFAULT '',  -- of an old site
    pages       INTEGER NOT NULL DEFAULT 0, -- most pages to visit
    state       TEXT NOT NULL,             -- brought, looking, looked, taking, taken, undoing, undone
    list        TEXT NOT NULL DEFAULT '',  -- blob of the list the rehearsal made
    list_sha256 TEXT NOT NULL DEFAULT '',
    total       INTEGER NOT NULL DEFAULT 0, -- rows of the list
    report      TEXT NOT NULL DEFAULT '',  -- of the rehearsal, then of the taking in; JSON
    dead        TEXT NOT NULL DEFAULT '',  -- dead inner links of an old site; JSON
    left_out    TEXT NOT NULL DEFAULT '',  -- what a crawl did not look at; JSON
    site_id     TEXT REFERENCES site (id), -- where it came live, with the case
    column_id   TEXT REFERENCES site_column (id),
    case_number TEXT NOT NULL DEFAULT '',
    failure     TEXT NOT NULL DEFAULT '',
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    taken_at    TIMESTAMPTZ,
    undone_at   TIMESTAMPTZ,
    undone_why  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX move_in_batch_unit ON move_in_batch (unit_id, created_at);

-- One file or page of a batch.
CREATE TABLE move_in_piece (
    batch_id  TEXT COLLATE "C" NOT NULL REFERENCES move_in_batch (id),
    no        INTEGER NOT NULL,
    name      TEXT NOT NULL,
    kind      TEXT NOT NULL,               -- docx, html, table, list, archive, text, resource, other; article, index
    blob      TEXT NOT NULL DEFAULT '',
    size      BIGINT NOT NULL DEFAULT 0,
    title     TEXT NOT NULL DEFAULT '',
    result    TEXT NOT NULL DEFAULT '',    -- ready, warned, refused, passed
    row_first INTEGER NOT NULL DEFAULT 0,  -- rows of the list, from 1
    row_last  INTEGER NOT NULL DEFAULT 0,
    notes     TEXT NOT NULL DEFAULT '',    -- JSON
    PRIMARY KEY (batch_id, no)
);

-- What a batch did to which item, written with it.
CREATE TABLE item_import_row (
    batch_id   TEXT COLLATE "C" NOT NULL,
    row        INTEGER NOT NULL,
    item_id    TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    act        TEXT NOT NULL,              -- enter, change
    version_no INTEGER NOT NULL,           -- entered; or the one before the change
    undone     TEXT NOT NULL DEFAULT '',   -- undone, or why it was left
    PRIMARY KEY (batch_id, item_id)
);
CREATE INDEX item_import_row_item ON item_import_row (item_id);
CREATE INDEX item_version_title ON item_version (title);

-- +goose Down
DROP INDEX item_version_title;
DROP TABLE item_import_row;
DROP TABLE move_in_piece;
DROP TABLE move_in_batch;
