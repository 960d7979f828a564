-- +goose Up
-- Areas (块), units on two axes, people and their posts. Articles 2, 4, 5.

CREATE TABLE area (
    id         TEXT COLLATE "C" PRIMARY KEY, -- level and code: county-610113000000
    level      TEXT NOT NULL,
    code       TEXT NOT NULL,
    name       TEXT NOT NULL,
    parent_id  TEXT REFERENCES area (id),
    path       TEXT COLLATE "C" NOT NULL UNIQUE,
    note       TEXT NOT NULL DEFAULT '',
    UNIQUE (level, code)
);
CREATE INDEX area_parent ON area (parent_id);
CREATE INDEX area_code ON area (code);

CREATE TABLE unit (
    id         TEXT COLLATE "C" PRIMARY KEY,
    area_id    TEXT NOT NULL REFERENCES area (id),
    parent_id  TEXT REFERENCES unit (id), -- the unit an internal or dispatched body belongs to
    kind       TEXT NOT NULL,
    level      TEXT NOT NULL,
    name       TEXT NOT NULL,
    short_name TEXT NOT NULL DEFAULT '',
    initials   TEXT NOT NULL DEFAULT '',  -- pinyin initials, for quick search
    line       TEXT NOT NULL DEFAULT '',  -- 条: police, audit …; empty for governments
    area_path  TEXT COLLATE "C" NOT NULL UNIQUE, -- ends in @id/
    line_path  TEXT COLLATE "C" NOT NULL,
    direct     BOOLEAN NOT NULL DEFAULT FALSE,   -- reports directly to the province (Yangling, Hancheng)
    national_approval TEXT NOT NULL DEFAULT '',  -- document that makes a zone national, Article 33
    source     TEXT NOT NULL DEFAULT '',
    abolished_on DATE,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX unit_name_in_area ON unit (area_id, name);
CREATE INDEX unit_line_path ON unit (line_path);
CREATE INDEX unit_parent ON unit (parent_id);

CREATE TABLE person (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    name       TEXT NOT NULL,
    title      TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    left_at    TIMESTAMPTZ
);
CREATE INDEX person_unit ON person (unit_id);

CREATE TABLE post (
    id         TEXT COLLATE "C" PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES person (id),
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    role       TEXT NOT NULL,
    since      TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX post_once ON post (person_id, unit_id, role) WHERE ended_at IS NULL;
CREATE INDEX post_unit ON post (unit_id, role);
-- 三员分立: one person never holds two of the three administrators.
CREATE UNIQUE INDEX post_separated ON post (person_id)
    WHERE ended_at IS NULL AND role IN ('system_admin', 'security_admin', 'audit_admin');

CREATE TABLE login (
    id            TEXT COLLATE "C" PRIMARY KEY,
    person_id     TEXT NOT NULL REFERENCES person (id),
    name          TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    totp_secret   TEXT NOT NULL DEFAULT '', -- sealed; empty until set up
    totp_off      TEXT NOT NULL DEFAULT '', -- why no second factor is asked: 演示
    totp_step     BIGINT NOT NULL DEFAULT 0, -- last time step used, so a code works once
    change_password BOOLEAN NOT NULL DEFAULT FALSE, -- set by somebody else: to be changed at the next sign-in
    locked_until  TIMESTAMPTZ,
    disabled_at   TIMESTAMPTZ,
    created_at    TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX login_person ON login (person_id) WHERE disabled_at IS NULL;

CREATE TABLE sign_in_attempt (
    login      TEXT NOT NULL, -- keyed digest of the name typed: people type passwords there
    at         TIMESTAMPTZ NOT NULL,
    address    TEXT NOT NULL
);
CREATE INDEX sign_in_attempt_login ON sign_in_attempt (login, at);
CREATE INDEX sign_in_attempt_address ON sign_in_attempt (address, at);
CREATE INDEX sign_in_attempt_at ON sign_in_attempt (at);

CREATE TABLE session (
    token      TEXT PRIMARY KEY, -- SHA-256 of the cookie
    login_id   TEXT COLLATE "C" NOT NULL REFERENCES login (id),
    data       BYTEA NOT NULL,
    address    TEXT NOT NULL DEFAULT '',
    agent      TEXT NOT NULL DEFAULT '',
    started_at TIMESTAMPTZ NOT NULL,
    seen_at    TIMESTAMPTZ NOT NULL, -- written at most once a minute
    expires_at TIMESTAMPTZ NOT NULL  -- the absolute end; idleness is counted from seen_at
);
CREATE INDEX session_login ON session (login_id);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE api_token (
    id         TEXT COLLATE "C" PRIMARY KEY,
    login_id   TEXT NOT NULL REFERENCES login (id),
    hash       TEXT NOT NULL UNIQUE,
    created_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);

CREATE TABLE form_receipt (
    key        TEXT PRIMARY KEY,
    location   TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX form_receipt_at ON form_receipt (at);

CREATE TABLE rate_limit (
    key        TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX rate_limit_key ON rate_limit (key, at);

CREATE TABLE setting (
    name       TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE setting;
DROP TABLE rate_limit;
DROP TABLE form_receipt;
DROP TABLE api_token;
DROP TABLE session;
DROP TABLE sign_in_attempt;
DROP TABLE login;
DROP TABLE post;
DROP TABLE person;
DROP TABLE unit;
DROP TABLE area;
