-- +goose Up
-- Notices that somebody owes, where they hang, and what was seen of them day
-- by day. Articles 7(4) and 8.

CREATE TABLE notice (
    id           TEXT COLLATE "C" PRIMARY KEY,
    kind         TEXT NOT NULL,                 -- opening, offline, closure, destination
    object_kind  TEXT NOT NULL,                 -- site, account, app
    object_id    TEXT COLLATE "C" NOT NULL,
    object_name  TEXT NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL REFERENCES unit (id), -- sponsor of the object
    publisher    TEXT NOT NULL,                 -- sponsor, same_level_office, superior_office
    publisher_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    case_id      TEXT COLLATE "C" NOT NULL DEFAULT '',
    title        TEXT NOT NULL,
    days         INTEGER NOT NULL,              -- 0: until the object is back
    pinned       BOOLEAN NOT NULL DEFAULT FALSE,
    clause       TEXT NOT NULL,
    state        TEXT NOT NULL,
    opened_at    TIMESTAMPTZ NOT NULL,
    opened_on    DATE NOT NULL,
    due_on       DATE NOT NULL,                 -- of the obligation, moved by absent days
    hang_until   DATE,                          -- once it hangs in every place
    ended_at     TIMESTAMPTZ,
    ended_why    TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX notice_owed ON notice (kind, object_kind, object_id, case_id, publisher) WHERE state IN ('owed', 'hanging');
CREATE INDEX notice_object ON notice (object_kind, object_id, kind);
CREATE INDEX notice_publisher ON notice (publisher_id, state);
CREATE INDEX notice_unit ON notice (unit_id, state);
CREATE INDEX notice_state ON notice (state, due_on);

CREATE TABLE notice_place (
    id          TEXT COLLATE "C" PRIMARY KEY,
    notice_id   TEXT COLLATE "C" NOT NULL REFERENCES notice (id),
    place       TEXT NOT NULL,
    alternative BOOLEAN NOT NULL DEFAULT FALSE, -- one of several that will do
    site_id     TEXT COLLATE "C" REFERENCES site (id), -- whose home page must show it; none for accounts
    url         TEXT NOT NULL DEFAULT '',
    claimed_on  DATE,                           -- first day as the publisher says
    first_on    DATE,                           -- first day as confirmed
    basis       TEXT NOT NULL DEFAULT '',       -- release, fetch, receipt
    pinned      BOOLEAN NOT NULL DEFAULT FALSE, -- seen at the top at the last look
    posted_by   TEXT NOT NULL DEFAULT '',
    posted_at   TIMESTAMPTZ,
    look_at     TIMESTAMPTZ,                    -- when to look next
    seen_at     TIMESTAMPTZ,                    -- last time it was seen by a fetch
    receipt_at  TIMESTAMPTZ                     -- last screenshot by a person
);
CREATE UNIQUE INDEX notice_place_once ON notice_place (notice_id, place);
CREATE INDEX notice_place_due ON notice_place (look_at);

-- Every look, with its proof.
CREATE TABLE notice_look (
    id          TEXT COLLATE "C" PRIMARY KEY,
    place_id    TEXT COLLATE "C" NOT NULL REFERENCES notice_place (id),
    at          TIMESTAMPTZ NOT NULL,
    day         DATE NOT NULL,
    how         TEXT NOT NULL,                  -- fetch, receipt
    outcome     TEXT NOT NULL,                  -- seen, absent, untested
    says        TEXT NOT NULL,
    url         TEXT NOT NULL DEFAULT '',
    status      INTEGER NOT NULL DEFAULT 0,
    headers     TEXT NOT NULL DEFAULT '',
    ref         TEXT NOT NULL DEFAULT '',       -- bytes of the notice's page, or the screenshot
    size        BIGINT NOT NULL DEFAULT 0,
    media       TEXT NOT NULL DEFAULT '',
    home_url    TEXT NOT NULL DEFAULT '',
    home_status INTEGER NOT NULL DEFAULT 0,
    home_ref    TEXT NOT NULL DEFAULT '',
    home_size   BIGINT NOT NULL DEFAULT 0,
    pinned      BOOLEAN NOT NULL DEFAULT FALSE,
    took_ms     BIGINT NOT NULL DEFAULT 0,
    actor       TEXT NOT NULL DEFAULT ''
);
CREATE INDEX notice_look_place ON notice_look (place_id, at);

-- The judgement of each calendar day.
CREATE TABLE notice_day (
    place_id  TEXT COLLATE "C" NOT NULL REFERENCES notice_place (id),
    day       DATE NOT NULL,
    outcome   TEXT NOT NULL,                    -- seen, absent, untested
    looks     INTEGER NOT NULL,
    absent_at TIMESTAMPTZ,                      -- the first look that proved it gone
    PRIMARY KEY (place_id, day)
);

-- +goose Down
DROP TABLE notice_day;
DROP TABLE notice_look;
DROP TABLE notice_place;
DROP TABLE notice;
