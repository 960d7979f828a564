-- +goose Up
-- What a person types is kept apart for each person and form and counted: a
-- write names the count it goes on from, so that two windows never write over
-- one another unseen. Earlier states stand beside it, one every five minutes
-- and each that another window overtook. All quiet.
ALTER TABLE autosave ADD COLUMN seq INTEGER NOT NULL DEFAULT 1;
ALTER TABLE autosave ADD COLUMN title TEXT NOT NULL DEFAULT '';

CREATE TABLE autosave_past (
    person_id TEXT NOT NULL,
    form      TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    base      INTEGER NOT NULL,
    title     TEXT NOT NULL,
    data      TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL,
    kept      BOOLEAN NOT NULL, -- another window went on without it
    PRIMARY KEY (person_id, form, seq)
);

-- Who has an item's form open and since when; the row that another took over
-- names him.
CREATE TABLE edit_hold (
    item_id     TEXT COLLATE "C" PRIMARY KEY REFERENCES item (id),
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    since       TIMESTAMPTZ NOT NULL,
    until       TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE edit_hold;
DROP TABLE autosave_past;
ALTER TABLE autosave DROP COLUMN title;
ALTER TABLE autosave DROP COLUMN seq;
