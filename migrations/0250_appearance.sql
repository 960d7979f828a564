-- +goose Up
-- How hosted sites look: themes that came as signed bundles and whose keys are
-- trusted, what each site has chosen, periods of mourning, emergency front pages.

CREATE TABLE theme_key (
    id            TEXT COLLATE "C" PRIMARY KEY,
    name          TEXT NOT NULL,
    public_key    TEXT NOT NULL UNIQUE,       -- ed25519, base64
    reason        TEXT NOT NULL,
    added_id      TEXT NOT NULL,
    added_name    TEXT NOT NULL,
    added_at      TIMESTAMPTZ NOT NULL,
    revoked_at    TIMESTAMPTZ,
    revoked_name  TEXT NOT NULL DEFAULT '',
    revoked_why   TEXT NOT NULL DEFAULT ''
);

CREATE TABLE theme_version (
    id             TEXT COLLATE "C" PRIMARY KEY,
    theme_id       TEXT NOT NULL,
    version        TEXT NOT NULL,
    name           TEXT NOT NULL,
    author         TEXT NOT NULL,
    licence        TEXT NOT NULL,
    hash           TEXT NOT NULL UNIQUE,      -- SHA-256 of the bundle
    blob_ref       TEXT NOT NULL,
    size           INTEGER NOT NULL,
    files          INTEGER NOT NULL,
    key_id         TEXT COLLATE "C" NOT NULL REFERENCES theme_key (id),
    installed_id   TEXT NOT NULL,
    installed_name TEXT NOT NULL,
    installed_at   TIMESTAMPTZ NOT NULL,
    withheld_at    TIMESTAMPTZ,               -- no longer offered
    withheld_name  TEXT NOT NULL DEFAULT '',
    withheld_why   TEXT NOT NULL DEFAULT '',
    UNIQUE (theme_id, version)
);

-- What a site chose, one row a choice; the last one stands.
CREATE TABLE site_appearance (
    site_id     TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    no          INTEGER NOT NULL,
    theme_id    TEXT NOT NULL,
    version     TEXT NOT NULL DEFAULT '',
    hash        TEXT NOT NULL DEFAULT '',     -- of a bundle; empty for a theme of the house
    theme_name  TEXT NOT NULL,
    tokens      TEXT NOT NULL DEFAULT '{}',   -- JSON
    logo        TEXT NOT NULL DEFAULT '',     -- path of the picture in a release
    logo_ref    TEXT NOT NULL DEFAULT '',     -- blob
    slogan      TEXT NOT NULL DEFAULT '',
    back_to     INTEGER NOT NULL DEFAULT 0,   -- the choice that this one brings back; -1: what stood before any
    consent     TEXT NOT NULL DEFAULT '',     -- document of the consent in a protected period
    reason      TEXT NOT NULL DEFAULT '',
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (site_id, no)
);

INSERT INTO site_appearance (site_id, no, theme_id, theme_name, reason, person_id, person_name, at)
SELECT site_id, 1, CASE brand WHEN 'red' THEN 'gov-red' ELSE 'gov-blue' END, CASE brand WHEN 'red' THEN '政务红' ELSE '政务蓝' END, '沿用原来的主色', 'system', '系统', updated_at FROM site_look;

DROP TABLE site_look;

CREATE TABLE theme_trouble (
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    theme   TEXT NOT NULL,
    version TEXT NOT NULL,
    view    TEXT NOT NULL,
    path    TEXT NOT NULL,
    says    TEXT NOT NULL,
    times   INTEGER NOT NULL,
    at      TIMESTAMPTZ NOT NULL,             -- last
    PRIMARY KEY (site_id, theme, version, view)
);

CREATE TABLE mourning (
    id          TEXT COLLATE "C" PRIMARY KEY,
    area_id     TEXT NOT NULL REFERENCES area (id),
    area_path   TEXT COLLATE "C" NOT NULL,
    unit_id     TEXT COLLATE "C" NOT NULL REFERENCES unit (id), -- whose supervisor declared it
    from_on     DATE NOT NULL,
    until_on    DATE NOT NULL,                -- last day
    reason      TEXT NOT NULL,
    document    TEXT NOT NULL,
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    begun_at    TIMESTAMPTZ,                  -- the sites were told to turn grey
    ended_at    TIMESTAMPTZ,                  -- and to turn back
    ended_name  TEXT NOT NULL DEFAULT '',     -- who ended it before its day; empty: by itself
    ended_why   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX mourning_days ON mourning (ended_at, from_on);

CREATE TABLE front_page (
    id            TEXT COLLATE "C" PRIMARY KEY,
    site_id       TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    state         TEXT NOT NULL,
    template      TEXT NOT NULL DEFAULT '',
    title         TEXT NOT NULL,
    body          TEXT NOT NULL,
    links         TEXT NOT NULL DEFAULT '[]', -- JSON
    hotline       TEXT NOT NULL DEFAULT '',
    until_at      TIMESTAMPTZ NOT NULL,
    reason        TEXT NOT NULL,
    proposer_id   TEXT NOT NULL,
    proposer_name TEXT NOT NULL,
    proposed_at   TIMESTAMPTZ NOT NULL,
    approver_id   TEXT NOT NULL DEFAULT '',
    approver_name TEXT NOT NULL DEFAULT '',
    approved_at   TIMESTAMPTZ,
    ended_at      TIMESTAMPTZ,
    ended_name    TEXT NOT NULL DEFAULT '',
    ended_why     TEXT NOT NULL DEFAULT '',
    review        TEXT NOT NULL DEFAULT '',   -- afterwards
    reviewer_id   TEXT NOT NULL DEFAULT '',
    reviewer_name TEXT NOT NULL DEFAULT '',
    reviewed_at   TIMESTAMPTZ
);
CREATE INDEX front_page_site ON front_page (site_id, proposed_at);
CREATE INDEX front_page_state ON front_page (state, until_at);
CREATE UNIQUE INDEX front_page_one_live ON front_page (site_id) WHERE state = 'live';

-- +goose Down
DROP INDEX front_page_one_live;
DROP TABLE front_page;
DROP TABLE mourning;
DROP TABLE theme_trouble;
CREATE TABLE site_look (
    site_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES site (id),
    brand      TEXT NOT NULL CHECK (brand IN ('blue', 'red')),
    grey       BOOLEAN NOT NULL DEFAULT FALSE,
    updated_at TIMESTAMPTZ NOT NULL
);
INSERT INTO site_look (site_id, brand, grey, updated_at)
SELECT a.site_id, CASE a.theme_id WHEN 'gov-red' THEN 'red' ELSE 'blue' END, FALSE, a.at FROM site_appearance a
 WHERE a.no = (SELECT max(b.no) FROM site_appearance b WHERE b.site_id = a.site_id);
DROP TABLE site_appearance;
DROP TABLE theme_version;
DROP TABLE theme_key;
