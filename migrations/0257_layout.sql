-- +goose Up
-- How home pages and topics are composed: a draft and numbered versions of
-- blocks, JSON that the module checks. A home page's board has the site's id, a
-- topic's the topic's.
CREATE TABLE layout_board (
    id         TEXT COLLATE "C" PRIMARY KEY,
    site_id    TEXT NOT NULL REFERENCES site (id),
    kind       TEXT NOT NULL CHECK (kind IN ('home', 'topic')),
    rev        INTEGER NOT NULL,           -- of the draft; one more with every act on it
    draft      TEXT NOT NULL DEFAULT '',   -- empty: nothing is being changed
    draft_by   TEXT NOT NULL DEFAULT '',
    draft_name TEXT NOT NULL DEFAULT '',
    draft_at   TIMESTAMPTZ,
    live_no    INTEGER NOT NULL DEFAULT 0  -- 0: the layout every site of its kind begins with
);
CREATE INDEX layout_board_site ON layout_board (site_id, kind);

CREATE TABLE layout_version (
    board_id TEXT COLLATE "C" NOT NULL REFERENCES layout_board (id),
    no       INTEGER NOT NULL CHECK (no >= 1),
    blocks   TEXT NOT NULL,
    note     TEXT NOT NULL,
    by_id    TEXT NOT NULL,
    by_name  TEXT NOT NULL,
    at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (board_id, no)
);

-- Which columns a published board shows: what a closing column touches.
CREATE TABLE layout_column (
    board_id  TEXT COLLATE "C" NOT NULL REFERENCES layout_board (id),
    column_id TEXT NOT NULL REFERENCES site_column (id),
    PRIMARY KEY (board_id, column_id)
);
CREATE INDEX layout_column_column ON layout_column (column_id);

CREATE TABLE topic (
    id          TEXT COLLATE "C" PRIMARY KEY,
    site_id     TEXT NOT NULL REFERENCES site (id),
    slug        TEXT NOT NULL,
    title       TEXT NOT NULL,
    intro       TEXT NOT NULL,
    banner      TEXT NOT NULL DEFAULT '',  -- address of a picture of the media library
    banner_alt  TEXT NOT NULL DEFAULT '',
    ends_on     DATE NOT NULL,             -- the last day it is in the navigation
    owner_id    TEXT NOT NULL REFERENCES person (id),
    state       TEXT NOT NULL,
    rev         INTEGER NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    started_at  TIMESTAMPTZ,
    archived_at TIMESTAMPTZ,
    UNIQUE (site_id, slug)
);
CREATE INDEX topic_state ON topic (state, ends_on);
CREATE INDEX topic_owner ON topic (owner_id, state);

-- What editors hang on the notice bar of a home page. What hangs by law stands
-- in notice.
CREATE TABLE bar_notice (
    id        TEXT COLLATE "C" PRIMARY KEY,
    site_id   TEXT NOT NULL REFERENCES site (id),
    title     TEXT NOT NULL,
    href      TEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on   DATE NOT NULL,               -- the last day it hangs
    position  INTEGER NOT NULL,
    state     TEXT NOT NULL,
    rev       INTEGER NOT NULL,
    by_name   TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL,
    down_at   TIMESTAMPTZ,
    down_why  TEXT NOT NULL DEFAULT '',
    CHECK (ends_on >= starts_on)
);
CREATE INDEX bar_notice_site ON bar_notice (site_id, state, position);
CREATE INDEX bar_notice_ends ON bar_notice (state, ends_on);
CREATE INDEX notice_place_site ON notice_place (site_id);

-- +goose Down
DROP INDEX notice_place_site;
DROP TABLE bar_notice;
DROP TABLE topic;
DROP TABLE layout_column;
DROP TABLE layout_version;
DROP TABLE layout_board;
