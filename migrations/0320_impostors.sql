-- +goose Up
-- Fake government sites and accounts: cases, what was asked of whom outside,
-- every look, and the names that look alike. Article 23(2) and (3).
CREATE TABLE impostor (
    id            TEXT COLLATE "C" PRIMARY KEY,
    number        TEXT COLLATE "C" NOT NULL UNIQUE,   -- JM-2026-0001
    kind          TEXT NOT NULL CHECK (kind IN ('site', 'account')),
    address       TEXT COLLATE "C" NOT NULL,          -- host of a site, address of an account, as compared
    shown         TEXT NOT NULL,                      -- as people read it
    name          TEXT NOT NULL DEFAULT '',           -- what it calls itself
    platform      TEXT NOT NULL DEFAULT '',           -- of an account
    object_kind   TEXT NOT NULL DEFAULT '',           -- what it passes itself off as
    object_id     TEXT COLLATE "C" NOT NULL DEFAULT '',
    object_name   TEXT NOT NULL DEFAULT '',
    unit_id       TEXT NOT NULL REFERENCES unit (id), -- whose object it is, else the office that handles it
    office_id     TEXT NOT NULL REFERENCES unit (id), -- 主管单位: verifies and refers
    source        TEXT NOT NULL CHECK (source IN ('monitor', 'public', 'unit')),
    reporter      TEXT NOT NULL DEFAULT '',           -- who reported it, by name; of the public nobody is named
    contact       TEXT NOT NULL DEFAULT '',           -- sealed
    technique     TEXT NOT NULL DEFAULT '',
    says          TEXT NOT NULL,
    state         TEXT NOT NULL,                      -- found, verified, referred, disposing, gone, closed, dismissed
    found_at      TIMESTAMPTZ NOT NULL,
    found_on      DATE NOT NULL,
    verified_by   TEXT NOT NULL DEFAULT '',
    verified_at   TIMESTAMPTZ,
    verdict       TEXT NOT NULL DEFAULT '',
    referred_at   TIMESTAMPTZ,
    referred_to   TEXT NOT NULL DEFAULT '',
    letter        TEXT NOT NULL DEFAULT '[]',         -- JSON: the letter to 网信 as it went out, by paragraph
    gone_at       TIMESTAMPTZ,
    closed_at     TIMESTAMPTZ,
    conclusion    TEXT NOT NULL DEFAULT '',
    looked_at     TIMESTAMPTZ,
    updated_at    TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX impostor_standing ON impostor (address) WHERE state NOT IN ('closed', 'dismissed');
CREATE INDEX impostor_unit ON impostor (unit_id, state);
CREATE INDEX impostor_listed ON impostor (found_at, id);
CREATE INDEX impostor_year ON impostor (found_on);
CREATE INDEX impostor_watch ON impostor (looked_at) WHERE state NOT IN ('found', 'dismissed');

-- What 网信, 通信 and 公安 were asked to do, and what came of it.
CREATE TABLE impostor_step (
    id          TEXT COLLATE "C" PRIMARY KEY,
    impostor_id TEXT COLLATE "C" NOT NULL REFERENCES impostor (id),
    party       TEXT NOT NULL CHECK (party IN ('cyberspace', 'telecom', 'police')),
    unit_id     TEXT REFERENCES unit (id),            -- the body here; NULL where it is not on the platform
    unit_name   TEXT NOT NULL,
    asked_on    DATE NOT NULL,
    due_on      DATE NOT NULL,
    provisional BOOLEAN NOT NULL DEFAULT FALSE,
    measure     TEXT NOT NULL DEFAULT '',             -- resolution, access, both, punished, none …
    result      TEXT NOT NULL DEFAULT '',
    result_on   DATE,
    document    TEXT NOT NULL DEFAULT '',             -- number of the reply
    file_id     TEXT,
    file_name   TEXT NOT NULL DEFAULT '',
    recorded_by TEXT NOT NULL DEFAULT '',
    recorded_at TIMESTAMPTZ,
    UNIQUE (impostor_id, party)
);
CREATE INDEX impostor_step_unit ON impostor_step (unit_id, result_on);

-- Every look at one: whether it still stands.
CREATE TABLE impostor_look (
    id          TEXT COLLATE "C" PRIMARY KEY,
    impostor_id TEXT COLLATE "C" NOT NULL REFERENCES impostor (id),
    at          TIMESTAMPTZ NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('there', 'gone', 'unknown')),
    says        TEXT NOT NULL,
    actor       TEXT NOT NULL DEFAULT '',             -- a person; empty: the watch
    title       TEXT NOT NULL DEFAULT '',
    status      INTEGER NOT NULL DEFAULT 0,
    addresses   TEXT NOT NULL DEFAULT '',
    ref         TEXT NOT NULL DEFAULT '',             -- bytes kept
    sha256      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX impostor_look_of ON impostor_look (impostor_id, at);

-- Names made from a protected host that somebody has registered: they resolve.
CREATE TABLE impostor_candidate (
    host       TEXT COLLATE "C" PRIMARY KEY,
    shown      TEXT NOT NULL,
    imitates   TEXT COLLATE "C" NOT NULL,
    technique  TEXT NOT NULL,
    site_id    TEXT REFERENCES site (id),
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    addresses  TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('new', 'cased', 'set_aside')),
    why        TEXT NOT NULL DEFAULT '',
    first_seen TIMESTAMPTZ NOT NULL,
    last_seen  TIMESTAMPTZ NOT NULL
);
CREATE INDEX impostor_candidate_listed ON impostor_candidate (state, last_seen);
CREATE INDEX impostor_candidate_unit ON impostor_candidate (unit_id, state);

-- When the names made from a host were last asked for.
CREATE TABLE impostor_round (
    host      TEXT COLLATE "C" PRIMARY KEY,
    asked_at  TIMESTAMPTZ NOT NULL,
    names     INTEGER NOT NULL,
    resolving INTEGER NOT NULL,
    untold    INTEGER NOT NULL                        -- names the DNS gave no word on
);
CREATE INDEX impostor_round_at ON impostor_round (asked_at);

-- +goose Down
DROP TABLE impostor_round;
DROP TABLE impostor_candidate;
DROP TABLE impostor_look;
DROP TABLE impostor_step;
DROP TABLE impostor;
