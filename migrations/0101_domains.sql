-- +goose Up
-- The domain ledger. Article 10; 国办函〔2018〕55号.
-- A site's host and chinese_domain are written from its main domains here.
CREATE TABLE domain (
    id              TEXT COLLATE "C" PRIMARY KEY,
    host            TEXT COLLATE "C" NOT NULL, -- ASCII, lower case; empty when what was typed is no host
    shown           TEXT NOT NULL,             -- as people read it
    kind            TEXT NOT NULL CHECK (kind IN ('chinese', 'english', 'other')),
    main            BOOLEAN NOT NULL DEFAULT FALSE,
    site_id         TEXT REFERENCES site (id), -- NULL: a candidate, or for another use
    unit_id         TEXT NOT NULL REFERENCES unit (id), -- the holder
    purpose         TEXT NOT NULL DEFAULT '',  -- of one without a site, in words
    registrar       TEXT NOT NULL DEFAULT '',
    registered_on   DATE,
    expires_on      DATE,
    ns              TEXT NOT NULL DEFAULT '',  -- expected name servers, separated by spaces
    addresses       TEXT NOT NULL DEFAULT '',  -- expected A and AAAA, separated by spaces
    cname           TEXT NOT NULL DEFAULT '',  -- aliases that are allowed, separated by spaces
    cert_issuer     TEXT NOT NULL DEFAULT '',
    cert_expires_on DATE,
    cert_source     TEXT NOT NULL DEFAULT '',  -- person, observed
    icp             TEXT NOT NULL DEFAULT '',
    case_id         TEXT NOT NULL DEFAULT '',  -- the approval that allowed it
    state           TEXT NOT NULL,             -- applying, active, suspended, cancelling, cancelled
    released_on     DATE,                      -- the day it was given up
    watch_until     DATE,                      -- a given-up name stays watched until then
    last_seen       TEXT NOT NULL DEFAULT '',  -- what the last look found, in words
    last_seen_at    TIMESTAMPTZ,
    last_seen_alarm BOOLEAN NOT NULL DEFAULT FALSE,
    source          TEXT NOT NULL DEFAULT '',
    source_ref      TEXT NOT NULL DEFAULT '',
    confirmed_on    DATE,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX domain_host ON domain (host) WHERE host <> '' AND state <> 'cancelled';
-- One main Chinese name and one main name that is not, a site.
CREATE UNIQUE INDEX domain_main ON domain (site_id, (CASE WHEN kind = 'chinese' THEN 'chinese' ELSE 'english' END)) WHERE main AND state <> 'cancelled';
CREATE INDEX domain_any_host ON domain (host, state);
CREATE INDEX domain_site ON domain (site_id);
CREATE INDEX domain_unit ON domain (unit_id, state);
CREATE INDEX domain_expires ON domain (expires_on);
CREATE INDEX domain_watch ON domain (watch_until) WHERE state = 'cancelled';

-- The moves of a domain stand here with the table they belong to.
INSERT INTO transition (kind, from_state, act, to_state) VALUES
    ('domain', '', 'apply', 'applying'),
    ('domain', '', 'enter', 'active'),
    ('domain', 'applying', 'activate', 'active'),
    ('domain', 'active', 'suspend', 'suspended'),
    ('domain', 'suspended', 'restore', 'active'),
    ('domain', 'active', 'begin_cancel', 'cancelling'),
    ('domain', 'suspended', 'begin_cancel', 'cancelling'),
    ('domain', 'cancelling', 'keep', 'active'),
    ('domain', 'cancelling', 'cancel', 'cancelled'),
    ('domain', 'applying', 'strike', 'cancelled'),
    ('domain', 'active', 'strike', 'cancelled'),
    ('domain', 'suspended', 'strike', 'cancelled'),
    ('domain', 'cancelling', 'strike', 'cancelled');

-- +goose Down
DROP TABLE domain;
DELETE FROM passage WHERE kind = 'domain';
DELETE FROM transition WHERE kind = 'domain';
