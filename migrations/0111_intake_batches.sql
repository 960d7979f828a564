-- +goose Up
-- The import wizard: which part of the file is the table, which column is which
-- field, how far the taking in has come, and what it did, so that it can be
-- taken back.
ALTER TABLE intake_file ADD COLUMN state TEXT NOT NULL DEFAULT 'looked'; -- brought, looking, looked, taking, taken, undoing, undone
ALTER TABLE intake_file ADD COLUMN sheet TEXT NOT NULL DEFAULT '';
ALTER TABLE intake_file ADD COLUMN header_row INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intake_file ADD COLUMN columns TEXT NOT NULL DEFAULT '';     -- JSON: field to column, from 0
ALTER TABLE intake_file ADD COLUMN signature TEXT NOT NULL DEFAULT '';   -- of the header
ALTER TABLE intake_file ADD COLUMN skip_hidden BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE intake_file ADD COLUMN total INTEGER NOT NULL DEFAULT 0;     -- rows
ALTER TABLE intake_file ADD COLUMN done INTEGER NOT NULL DEFAULT 0;      -- rows taken so far, in the rows' own transaction
ALTER TABLE intake_file ADD COLUMN failure TEXT NOT NULL DEFAULT '';
ALTER TABLE intake_file ADD COLUMN undone TEXT NOT NULL DEFAULT '';      -- what the undoing came to, JSON
ALTER TABLE intake_file ADD COLUMN undone_at TIMESTAMPTZ;
ALTER TABLE intake_file ADD COLUMN undone_why TEXT NOT NULL DEFAULT '';
UPDATE intake_file SET state = 'taken' WHERE taken_at IS NOT NULL;

CREATE TABLE intake_row (
    file_id   TEXT COLLATE "C" NOT NULL REFERENCES intake_file (id),
    row       INTEGER NOT NULL,
    kind      TEXT NOT NULL,              -- site, account, domain
    object_id TEXT COLLATE "C" NOT NULL,
    name      TEXT NOT NULL,
    act       TEXT NOT NULL,              -- enter, change
    stamp     TIMESTAMPTZ NOT NULL,       -- of the record after the row was taken
    before    TEXT NOT NULL,              -- of a change, JSON
    undone    TEXT NOT NULL DEFAULT '',   -- undone, or why it was left
    PRIMARY KEY (file_id, row, object_id)
);

-- Which column is which field, as somebody decided for a header of this form.
CREATE TABLE intake_match (
    id        TEXT COLLATE "C" PRIMARY KEY,
    unit_id   TEXT NOT NULL,
    person_id TEXT NOT NULL,
    kind      TEXT NOT NULL,
    signature TEXT NOT NULL,
    columns   TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL,
    UNIQUE (person_id, kind, signature)
);
CREATE INDEX intake_match_unit ON intake_match (unit_id, kind, signature);

-- +goose Down
DROP TABLE intake_match;
DROP TABLE intake_row;
ALTER TABLE intake_file DROP COLUMN undone_why;
ALTER TABLE intake_file DROP COLUMN undone_at;
ALTER TABLE intake_file DROP COLUMN undone;
ALTER TABLE intake_file DROP COLUMN failure;
ALTER TABLE intake_file DROP COLUMN done;
ALTER TABLE intake_file DROP COLUMN total;
ALTER TABLE intake_file DROP COLUMN skip_hidden;
ALTER TABLE intake_file DROP COLUMN signature;
ALTER TABLE intake_file DROP COLUMN columns;
ALTER TABLE intake_file DROP COLUMN header_row;
ALTER TABLE intake_file DROP COLUMN sheet;
ALTER TABLE intake_file DROP COLUMN state;
