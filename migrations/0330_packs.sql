-- +goose Up
-- Versions of scoring packs that an office drafts, a second person agrees to and
-- the province adopts. Article 29. The shipped editions are in the program.
CREATE TABLE scoring_pack (
    id           TEXT COLLATE "C" PRIMARY KEY,
    pack         TEXT NOT NULL,                      -- gwb-2019-19
    version      INTEGER NOT NULL,
    unit_id      TEXT NOT NULL REFERENCES unit (id), -- the office that drafts it
    content      TEXT NOT NULL,                      -- the pack, JSON
    sha256       TEXT NOT NULL,                      -- of content
    note         TEXT NOT NULL DEFAULT '',           -- what changes and why
    state        TEXT NOT NULL,                      -- draft, submitted, agreed, adopted, ended, dropped
    revision     INTEGER NOT NULL DEFAULT 1,         -- of the draft, against two at once
    author_id    TEXT REFERENCES person (id),        -- who last changed it
    author_name  TEXT NOT NULL,
    checker_id   TEXT REFERENCES person (id),        -- the second person
    checker_name TEXT NOT NULL DEFAULT '',
    checker_says TEXT NOT NULL DEFAULT '',
    created_at   TIMESTAMPTZ NOT NULL,
    changed_at   TIMESTAMPTZ NOT NULL,
    submitted_at TIMESTAMPTZ,
    agreed_at    TIMESTAMPTZ,
    ended_on     DATE                                -- the last day it judges
);
CREATE UNIQUE INDEX scoring_pack_version ON scoring_pack (pack, version) WHERE state <> 'dropped';
CREATE INDEX scoring_pack_state ON scoring_pack (state, pack);

-- Everybody who changed a draft: none of them may agree to it.
CREATE TABLE scoring_pack_hand (
    pack_id   TEXT COLLATE "C" NOT NULL REFERENCES scoring_pack (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (pack_id, person_id)
);

-- +goose Down
DROP TABLE scoring_pack_hand;
DROP TABLE scoring_pack;
