-- +goose Up
-- The information resource library: items, immutable versions, review through
-- five gates, placements in columns. Articles 12, 14(3), 19(3), 27.

-- Whom an item may be reposted from, Article 19(3): 稿源单位名单 and the lists
-- of competent departments. Party and government sites need no row.
CREATE TABLE repost_source (
    id         TEXT COLLATE "C" PRIMARY KEY,
    name       TEXT NOT NULL,
    domain     TEXT NOT NULL DEFAULT '', -- lower case; its subdomains are meant too
    valid_from DATE NOT NULL,
    valid_to   DATE,                     -- the last day; empty: until further notice
    basis      TEXT NOT NULL,            -- which list, which edition
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (name, valid_from)
);

-- An approved move-in (进驻): what was public before may go live without a new
-- review, for one site, up to one day.
CREATE TABLE move_in_case (
    id          TEXT COLLATE "C" PRIMARY KEY,
    site_id     TEXT NOT NULL REFERENCES site (id),
    number      TEXT NOT NULL,            -- number of the approved case
    dated       DATE NOT NULL,            -- nothing later comes in under it
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    list_sha256 TEXT NOT NULL DEFAULT '', -- of the list approved; empty: taken from the first import
    created_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (site_id, number)
);

CREATE TABLE item (
    id                 TEXT COLLATE "C" PRIMARY KEY,
    ref                TEXT NOT NULL DEFAULT '',      -- name of an imported item at its origin
    unit_id            TEXT NOT NULL REFERENCES unit (id),
    state              TEXT NOT NULL,
    stage              TEXT NOT NULL DEFAULT '',      -- review waited for: first, second, final
    round              INTEGER NOT NULL DEFAULT 0,    -- submissions so far
    version            INTEGER NOT NULL,              -- newest
    created_by         TEXT NOT NULL,
    first_published_at TIMESTAMPTZ,                   -- written once
    published_at       TIMESTAMPTZ,                   -- as displayed
    withdrawn_at       TIMESTAMPTZ,
    withdraw_reason    TEXT NOT NULL DEFAULT '',
    created_at         TIMESTAMPTZ NOT NULL,
    updated_at         TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX item_ref ON item (unit_id, ref) WHERE ref <> '';
CREATE INDEX item_state ON item (state, stage, updated_at);
CREATE INDEX item_unit ON item (unit_id, updated_at);

-- Versions are written once; the house has no statement that changes one.
CREATE TABLE item_version (
    item_id     TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    no          INTEGER NOT NULL CHECK (no >= 1),
    type        TEXT NOT NULL,
    origin      TEXT NOT NULL,            -- original, repost, moved_in
    title       TEXT NOT NULL,
    summary     TEXT NOT NULL DEFAULT '',
    doc_no      TEXT NOT NULL DEFAULT '',
    index_no    TEXT NOT NULL DEFAULT '',
    issuer      TEXT NOT NULL DEFAULT '',
    written     DATE,
    category    TEXT NOT NULL DEFAULT '',
    topic       TEXT NOT NULL DEFAULT '',
    keywords    TEXT NOT NULL DEFAULT '', -- separated by ;
    source      TEXT NOT NULL DEFAULT '',
    source_url  TEXT NOT NULL DEFAULT '',
    important   BOOLEAN NOT NULL DEFAULT FALSE,
    involves    TEXT NOT NULL DEFAULT '', -- other units touched, separated by ;
    consulted   TEXT NOT NULL DEFAULT '', -- of them, those whose consent is on record
    doc         TEXT NOT NULL,            -- ProseMirror JSON
    html        TEXT NOT NULL,
    text        TEXT NOT NULL,
    original    TEXT NOT NULL DEFAULT '', -- as it came in, before cleaning
    sha256      TEXT NOT NULL,            -- of everything a reader may see
    note        TEXT NOT NULL DEFAULT '',
    author_id   TEXT NOT NULL,
    author_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (item_id, no),
    UNIQUE (item_id, no, author_id)
);
CREATE INDEX item_version_sha ON item_version (sha256);

-- What the checks said of a version, by its hash.
CREATE TABLE item_check (
    item_id TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    sha256  TEXT NOT NULL,
    results TEXT NOT NULL,                -- JSON
    serious INTEGER NOT NULL,
    others  INTEGER NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (item_id, sha256)
);
CREATE INDEX item_check_sha ON item_check (sha256);

CREATE TABLE item_submission (
    item_id        TEXT COLLATE "C" NOT NULL,
    round          INTEGER NOT NULL,
    version_no     INTEGER NOT NULL,
    stages         INTEGER NOT NULL,         -- reviews this item needs: 2 or 3
    reason         TEXT NOT NULL DEFAULT '', -- why remarks of the checks stand
    repost_reason  TEXT NOT NULL DEFAULT '', -- why a source that is on no list
    person_id      TEXT NOT NULL,
    person_name    TEXT NOT NULL,
    at             TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (item_id, round),
    FOREIGN KEY (item_id, version_no) REFERENCES item_version (item_id, no)
);

-- One row a stage. The final reviewer is never the author of what is reviewed,
-- and passes only with all six declarations (Articles 12(2), 19(3)).
CREATE TABLE item_review (
    id            TEXT COLLATE "C" PRIMARY KEY,
    item_id       TEXT COLLATE "C" NOT NULL,
    round         INTEGER NOT NULL,
    version_no    INTEGER NOT NULL,
    stage         TEXT NOT NULL CHECK (stage IN ('first', 'second', 'final')),
    verdict       TEXT NOT NULL CHECK (verdict IN ('pass', 'return')),
    author_id     TEXT NOT NULL,
    reviewer_id   TEXT NOT NULL,
    reviewer_name TEXT NOT NULL,
    reviewer_unit TEXT NOT NULL DEFAULT '',
    opinion       TEXT NOT NULL DEFAULT '',
    reason        TEXT NOT NULL DEFAULT '', -- why remarks of the checks stand
    in_duty           BOOLEAN NOT NULL DEFAULT FALSE,
    source_known      BOOLEAN NOT NULL DEFAULT FALSE,
    nothing_sensitive BOOLEAN NOT NULL DEFAULT FALSE,
    nothing_secret    BOOLEAN NOT NULL DEFAULT FALSE,
    no_opinion        BOOLEAN NOT NULL DEFAULT FALSE,
    no_advertising    BOOLEAN NOT NULL DEFAULT FALSE,
    at            TIMESTAMPTZ NOT NULL,
    UNIQUE (item_id, round, stage),
    UNIQUE (id, item_id, version_no, stage, verdict),
    CHECK (stage <> 'final' OR author_id <> reviewer_id),
    CHECK (stage <> 'final' OR verdict <> 'pass' OR (in_duty AND source_known AND nothing_sensitive AND nothing_secret AND no_opinion AND no_advertising)),
    FOREIGN KEY (item_id, round) REFERENCES item_submission (item_id, round),
    FOREIGN KEY (item_id, version_no, author_id) REFERENCES item_version (item_id, no, author_id)
);
CREATE INDEX item_review_reviewer ON item_review (reviewer_id, at);

-- 政治关 法律关 政策关 保密关 文字关: each stamped by a named person.
CREATE TABLE item_gate (
    review_id   TEXT COLLATE "C" NOT NULL REFERENCES item_review (id),
    gate        TEXT NOT NULL CHECK (gate IN ('political', 'legal', 'policy', 'secrecy', 'wording')),
    passed      BOOLEAN NOT NULL,
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (review_id, gate)
);

-- 先审后发: a version is released by a passed final review of this very version
-- or by an approved move-in, and only a released version can be live.
CREATE TABLE item_release (
    item_id    TEXT COLLATE "C" NOT NULL,
    version_no INTEGER NOT NULL,
    review_id  TEXT COLLATE "C",
    stage      TEXT NOT NULL DEFAULT 'final' CHECK (stage = 'final'),
    verdict    TEXT NOT NULL DEFAULT 'pass' CHECK (verdict = 'pass'),
    move_in_id TEXT REFERENCES move_in_case (id),
    at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (item_id, version_no),
    CHECK ((review_id IS NULL AND move_in_id IS NOT NULL) OR (review_id IS NOT NULL AND move_in_id IS NULL)),
    FOREIGN KEY (item_id, version_no) REFERENCES item_version (item_id, no),
    FOREIGN KEY (review_id, item_id, version_no, stage, verdict) REFERENCES item_review (id, item_id, version_no, stage, verdict)
);

CREATE TABLE item_live (
    item_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES item (id),
    version_no INTEGER NOT NULL,
    FOREIGN KEY (item_id, version_no) REFERENCES item_release (item_id, version_no)
);

-- A site shows a library item by reference (采用).
CREATE TABLE item_placement (
    id         TEXT COLLATE "C" PRIMARY KEY,
    item_id    TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    site_id    TEXT NOT NULL REFERENCES site (id),
    column_id  TEXT NOT NULL REFERENCES site_column (id),
    title      TEXT NOT NULL DEFAULT '',  -- shown instead of the item's own
    top        INTEGER NOT NULL DEFAULT 0, -- above 0: pinned, higher first
    publish_at TIMESTAMPTZ,               -- not before
    state      TEXT NOT NULL CHECK (state IN ('planned', 'scheduled', 'live', 'withdrawn')),
    shown_at   TIMESTAMPTZ,               -- displayed time, the order of lists
    live_at    TIMESTAMPTZ,               -- since when
    ended_at   TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (item_id, column_id)
);
CREATE INDEX item_placement_column ON item_placement (column_id, state, top, shown_at);
CREATE INDEX item_placement_site ON item_placement (site_id, state);
CREATE INDEX item_placement_due ON item_placement (state, publish_at);

-- Policy file and interpretation, linked both ways, Article 14(3).
CREATE TABLE item_link (
    policy_id         TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    interpretation_id TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    form              TEXT NOT NULL,      -- 文字, 图解, 视频 …
    created_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (policy_id, interpretation_id),
    CHECK (policy_id <> interpretation_id)
);
CREATE INDEX item_link_interpretation ON item_link (interpretation_id);

-- Each import of a list: which bytes, by whom, under which case.
CREATE TABLE item_import (
    id          TEXT COLLATE "C" PRIMARY KEY,
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    move_in_id  TEXT REFERENCES move_in_case (id),
    list_sha256 TEXT NOT NULL,
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    accepted    INTEGER NOT NULL,
    unchanged   INTEGER NOT NULL,
    refused     INTEGER NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);

-- Unsent text of a form; quiet.
CREATE TABLE autosave (
    person_id TEXT NOT NULL,
    form      TEXT NOT NULL,
    base      INTEGER NOT NULL,
    data      TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, form)
);

-- +goose Down
DROP TABLE autosave;
DROP TABLE item_import;
DROP TABLE item_link;
DROP TABLE item_placement;
DROP TABLE item_live;
DROP TABLE item_release;
DROP TABLE item_gate;
DROP TABLE item_review;
DROP TABLE item_submission;
DROP TABLE item_check;
DROP TABLE item_version;
DROP TABLE item;
DROP TABLE move_in_case;
DROP TABLE repost_source;
