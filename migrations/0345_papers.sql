-- +goose Up
-- The papers of supervision: monthly check sheet, quarterly bulletin, annual
-- assessment, supervision report. One table for all; what a kind is stands in
-- the code. Articles 29 and 30.

CREATE TABLE bulletin_next (
    id           TEXT COLLATE "C" PRIMARY KEY,
    kind         TEXT NOT NULL,                      -- monthly, quarterly, annual, supervision
    area_id      TEXT NOT NULL REFERENCES area (id),
    unit_id      TEXT NOT NULL REFERENCES unit (id), -- the office that composes it
    period       TEXT NOT NULL,                      -- 2026-09, 2026-Q3, 2026
    state        TEXT NOT NULL,
    number       TEXT NOT NULL DEFAULT '',           -- 发文字号, given at issue
    composed_by  TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    frozen_at    TIMESTAMPTZ,
    issued_on    DATE,
    content      TEXT NOT NULL DEFAULT '',           -- JSON: figures, rows and text as frozen
    sha256       TEXT NOT NULL DEFAULT '',           -- of content
    outline      TEXT NOT NULL DEFAULT '',           -- JSON: sections in order, with their text; '' is the usual one
    revision     INTEGER NOT NULL DEFAULT 0,         -- of the outline, for two editors
    edited_by    TEXT NOT NULL DEFAULT '',
    edited_at    TIMESTAMPTZ,
    editors      TEXT NOT NULL DEFAULT '',           -- ids of those who wrote since it was last agreed, one a line
    submitted_by TEXT NOT NULL DEFAULT '',           -- id of the person
    agreed_by    TEXT NOT NULL DEFAULT '',           -- name of the second person
    public_on    DATE,                               -- since when everybody may read it
    superior_id  TEXT REFERENCES unit (id),          -- to whom a report goes
    received_at  TIMESTAMPTZ,
    received_by  TEXT NOT NULL DEFAULT '',
    receipt      TEXT NOT NULL DEFAULT '',           -- number of the receipt
    UNIQUE (kind, area_id, period)
);
INSERT INTO bulletin_next (id, kind, area_id, unit_id, period, state, number, composed_by, created_at, frozen_at, issued_on, content, sha256)
    SELECT id, 'quarterly', area_id, unit_id, period, state, number, composed_by, created_at, frozen_at, issued_on, content, sha256 FROM bulletin;
DROP TABLE bulletin;
ALTER TABLE bulletin_next RENAME TO bulletin;
CREATE INDEX bulletin_unit ON bulletin (unit_id, kind, period);
CREATE INDEX bulletin_superior ON bulletin (superior_id, period);
CREATE INDEX bulletin_public ON bulletin (public_on);

-- What was wrong in an issued paper, and what is right: never a silent change.
CREATE TABLE bulletin_erratum (
    id          TEXT COLLATE "C" PRIMARY KEY,
    bulletin_id TEXT NOT NULL REFERENCES bulletin (id),
    seq         INTEGER NOT NULL,
    was         TEXT NOT NULL,
    reads       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    by_id       TEXT NOT NULL,
    by_name     TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    UNIQUE (bulletin_id, seq)
);

-- 典型经验: collected from units, edited, published among the offices. Article 30.
CREATE TABLE experience (
    id           TEXT COLLATE "C" PRIMARY KEY,
    unit_id      TEXT NOT NULL REFERENCES unit (id), -- whose experience it is
    topic        TEXT NOT NULL,
    title        TEXT NOT NULL,
    body         TEXT NOT NULL,
    state        TEXT NOT NULL,
    revision     INTEGER NOT NULL DEFAULT 0,
    offered_by   TEXT NOT NULL,
    offered_at   TIMESTAMPTZ NOT NULL,
    edited_by    TEXT NOT NULL DEFAULT '',
    published_at TIMESTAMPTZ
);
CREATE INDEX experience_unit ON experience (unit_id, state);
CREATE INDEX experience_state ON experience (state, published_at);

-- A mailing run: each unit gets its own results of a paper.
CREATE TABLE mailing (
    id          TEXT COLLATE "C" PRIMARY KEY,
    bulletin_id TEXT NOT NULL UNIQUE REFERENCES bulletin (id),
    unit_id     TEXT NOT NULL REFERENCES unit (id), -- who sends
    template    TEXT NOT NULL,
    sent_by     TEXT NOT NULL,
    sent_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX mailing_unit ON mailing (unit_id);
CREATE TABLE mailing_letter (
    id         TEXT COLLATE "C" PRIMARY KEY,
    mailing_id TEXT NOT NULL REFERENCES mailing (id),
    unit_id    TEXT NOT NULL REFERENCES unit (id), -- who is written to
    content    TEXT NOT NULL,                      -- JSON: text and the unit's own rows
    state      TEXT NOT NULL,                      -- sent, failed, read
    failure    TEXT NOT NULL DEFAULT '',
    sent_at    TIMESTAMPTZ NOT NULL,
    sendings   INTEGER NOT NULL DEFAULT 1,
    read_at    TIMESTAMPTZ,
    read_by    TEXT NOT NULL DEFAULT '',
    UNIQUE (mailing_id, unit_id)
);
CREATE INDEX mailing_letter_unit ON mailing_letter (unit_id, sent_at);

-- +goose Down
DROP TABLE mailing_letter;
DROP TABLE mailing;
DROP TABLE experience;
DROP TABLE bulletin_erratum;
CREATE TABLE bulletin_next (
    id           TEXT COLLATE "C" PRIMARY KEY,
    area_id      TEXT NOT NULL REFERENCES area (id),
    unit_id      TEXT NOT NULL REFERENCES unit (id),
    period       TEXT NOT NULL,
    state        TEXT NOT NULL,
    number       TEXT NOT NULL DEFAULT '',
    composed_by  TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    frozen_at    TIMESTAMPTZ,
    issued_on    DATE,
    content      TEXT NOT NULL DEFAULT '',
    sha256       TEXT NOT NULL DEFAULT '',
    UNIQUE (area_id, period)
);
INSERT INTO bulletin_next (id, area_id, unit_id, period, state, number, composed_by, created_at, frozen_at, issued_on, content, sha256)
    SELECT id, area_id, unit_id, period, state, number, composed_by, created_at, frozen_at, issued_on, content, sha256 FROM bulletin WHERE kind = 'quarterly';
DROP TABLE bulletin;
ALTER TABLE bulletin_next RENAME TO bulletin;
CREATE INDEX bulletin_unit ON bulletin (unit_id, period);
