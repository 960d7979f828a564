-- +goose Up
-- Wording lists of the offices (Article 19(3)): entries, and the packs by which
-- they come and go. A pack with serious entries waits for a second person.

CREATE TABLE lexicon_pack (
    id           TEXT COLLATE "C" PRIMARY KEY,
    unit_id      TEXT NOT NULL REFERENCES unit (id),
    no           INTEGER NOT NULL, -- of the unit's packs
    name         TEXT NOT NULL,
    source       TEXT NOT NULL,
    state        TEXT NOT NULL,
    serious      INTEGER NOT NULL, -- entries of the serious class
    added        INTEGER NOT NULL,
    withdrawn    INTEGER NOT NULL,
    digest       TEXT NOT NULL, -- SHA-256 of the file it came from, or empty
    by_id        TEXT NOT NULL,
    by_name      TEXT NOT NULL,
    at           TIMESTAMPTZ NOT NULL,
    decided_id   TEXT NOT NULL,
    decided_name TEXT NOT NULL,
    decided_at   TIMESTAMPTZ,
    note         TEXT NOT NULL
);
CREATE UNIQUE INDEX lexicon_pack_no ON lexicon_pack (unit_id, no);
CREATE INDEX lexicon_pack_state ON lexicon_pack (state, at);
CREATE INDEX lexicon_pack_at ON lexicon_pack (at, id);

CREATE TABLE lexicon_entry (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    pack_id    TEXT NOT NULL REFERENCES lexicon_pack (id),
    leaving_id TEXT REFERENCES lexicon_pack (id), -- the pack that takes it away
    kind       TEXT NOT NULL, -- pair, term, post, allow, sensitive
    words      TEXT NOT NULL,
    rights     TEXT NOT NULL, -- JSON lists
    near       TEXT NOT NULL,
    unless     TEXT NOT NULL,
    serious    BOOLEAN NOT NULL,
    wide       BOOLEAN NOT NULL, -- for every unit of the keeper's area
    from_day   DATE,
    until_day  DATE,
    source     TEXT NOT NULL,
    state      TEXT NOT NULL, -- proposed, active, refused, withdrawn
    live_key   TEXT COLLATE "C" NOT NULL, -- what two entries in force may not share; the id of one that is not
    at         TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX lexicon_entry_live ON lexicon_entry (live_key);
CREATE INDEX lexicon_entry_unit ON lexicon_entry (unit_id, state, kind);
CREATE INDEX lexicon_entry_pack ON lexicon_entry (pack_id);
CREATE INDEX lexicon_entry_leaving ON lexicon_entry (leaving_id);
CREATE INDEX lexicon_entry_words ON lexicon_entry (words, id);

-- +goose Down
DROP TABLE lexicon_entry;
DROP TABLE lexicon_pack;
