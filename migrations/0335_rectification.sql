-- +goose Up
-- Orders about several sites of a unit or about accounts, with every fact from
-- which their stage is read: receipts, extensions, confirmations, urging,
-- 督办. Article 30.

-- only: postgres
ALTER TABLE rectify_order ALTER COLUMN site_id DROP NOT NULL;
-- end only
-- only: sqlite
DROP INDEX rectify_order_site;
ALTER TABLE rectify_order ADD COLUMN of_site TEXT REFERENCES site (id);
UPDATE rectify_order SET of_site = site_id;
ALTER TABLE rectify_order DROP COLUMN site_id;
ALTER TABLE rectify_order RENAME COLUMN of_site TO site_id;
CREATE INDEX rectify_order_site ON rectify_order (site_id, issued_at);
-- end only
ALTER TABLE rectify_order ADD COLUMN account_id TEXT REFERENCES account (id);      -- of an order about one account
ALTER TABLE rectify_order ADD COLUMN subject TEXT NOT NULL DEFAULT '';             -- what it is about, when that is neither one site nor one account
ALTER TABLE rectify_order ADD COLUMN cause TEXT NOT NULL DEFAULT '';               -- text, update, link …
ALTER TABLE rectify_order ADD COLUMN retest_at TIMESTAMPTZ;                        -- the last retest began
ALTER TABLE rectify_order ADD COLUMN retested_at TIMESTAMPTZ;                      -- and ended
ALTER TABLE rectify_order ADD COLUMN failed_at TIMESTAMPTZ;                        -- a retest or a person last saw something still wrong
ALTER TABLE rectify_order ADD COLUMN confirm_asked_at TIMESTAMPTZ;                 -- the unit asked a person to confirm
ALTER TABLE rectify_order ADD COLUMN escalated_at TIMESTAMPTZ;                     -- the office above was told to urge
ALTER TABLE rectify_order ADD COLUMN escalated_unit_id TEXT REFERENCES unit (id);  -- that office
ALTER TABLE rectify_order ADD COLUMN supervised_at TIMESTAMPTZ;                    -- its letter went out
CREATE INDEX rectify_order_account ON rectify_order (account_id, issued_at);
CREATE INDEX rectify_order_issuer ON rectify_order (issuer_unit_id, state, due_on);
CREATE INDEX rectify_order_late ON rectify_order (due_on) WHERE state <> 'closed';

-- What a person saw wrong on an account, or took from its sheet: findings of
-- sites stand in finding.
CREATE TABLE order_point (
    id           TEXT COLLATE "C" PRIMARY KEY,
    order_id     TEXT REFERENCES rectify_order (id),   -- none: not ordered yet
    account_id   TEXT NOT NULL REFERENCES account (id),
    check_id     TEXT NOT NULL,                        -- account.stale, manual.…
    severity     TEXT NOT NULL,
    clause       TEXT NOT NULL DEFAULT '',
    says         TEXT NOT NULL,
    place        TEXT NOT NULL DEFAULT '',
    fix          TEXT NOT NULL DEFAULT '',
    seen_on      DATE NOT NULL,
    seen_by      TEXT NOT NULL,
    at           TIMESTAMPTZ NOT NULL,
    outcome      TEXT NOT NULL DEFAULT '',             -- of the last look: standing, gone, unknown
    looked_at    TIMESTAMPTZ,
    look_says    TEXT NOT NULL DEFAULT '',
    settled_at   TIMESTAMPTZ,
    settled_by   TEXT NOT NULL DEFAULT '',
    reason       TEXT NOT NULL DEFAULT ''
);
CREATE INDEX order_point_order ON order_point (order_id);
CREATE INDEX order_point_account ON order_point (account_id, check_id, settled_at);

-- Who of the addressees has opened an order, each once.
CREATE TABLE order_reading (
    order_id    TEXT COLLATE "C" NOT NULL REFERENCES rectify_order (id),
    person_id   TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    person_name TEXT NOT NULL,
    unit_name   TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (order_id, person_id)
);

CREATE TABLE order_extension (
    id           TEXT COLLATE "C" PRIMARY KEY,
    order_id     TEXT COLLATE "C" NOT NULL REFERENCES rectify_order (id),
    was_due      DATE NOT NULL,
    until_on     DATE NOT NULL,                        -- asked for
    reason       TEXT NOT NULL,
    asked_id     TEXT COLLATE "C" NOT NULL,
    asked_by     TEXT NOT NULL,
    asked_at     TIMESTAMPTZ NOT NULL,
    verdict      TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('', 'granted', 'refused', 'moot')),
    granted_on   DATE,                                 -- the new day
    answer       TEXT NOT NULL DEFAULT '',
    decided_by   TEXT NOT NULL DEFAULT '',
    decided_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX order_extension_waiting ON order_extension (order_id) WHERE verdict = '';
CREATE INDEX order_extension_order ON order_extension (order_id, asked_at);

-- A person's word on one finding or point, as it was given. Two of different
-- persons settle a serious one.
CREATE TABLE order_confirmation (
    id          TEXT COLLATE "C" PRIMARY KEY,
    order_id    TEXT COLLATE "C" NOT NULL REFERENCES rectify_order (id),
    object_id   TEXT COLLATE "C" NOT NULL,             -- of a finding or a point
    round       INTEGER NOT NULL,                      -- reopenings of the order then
    verdict     TEXT NOT NULL CHECK (verdict IN ('mended', 'standing')),
    reason      TEXT NOT NULL,
    person_id   TEXT COLLATE "C" NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX order_confirmation_order ON order_confirmation (order_id, at);

-- Urging, once a day at most.
CREATE TABLE order_urging (
    order_id    TEXT COLLATE "C" NOT NULL REFERENCES rectify_order (id),
    urged_on    DATE NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (order_id, urged_on)
);

-- 督办函 of the office above.
CREATE TABLE order_supervision (
    id          TEXT COLLATE "C" PRIMARY KEY,
    order_id    TEXT COLLATE "C" NOT NULL REFERENCES rectify_order (id),
    round       INTEGER NOT NULL,
    number      TEXT NOT NULL UNIQUE,                  -- DB-2026-0001
    office_id   TEXT NOT NULL,
    office_name TEXT NOT NULL,
    person_name TEXT NOT NULL,
    says        TEXT NOT NULL,
    due_on      DATE NOT NULL,
    letter      TEXT NOT NULL,                         -- JSON: as it went out, by paragraph
    at          TIMESTAMPTZ NOT NULL,
    UNIQUE (order_id, round)
);

-- What a unit found itself and when it had mended it, before any order.
CREATE TABLE finding_own (
    finding_id TEXT COLLATE "C" PRIMARY KEY REFERENCES finding (id),
    how        TEXT NOT NULL CHECK (how IN ('run', 'duty', 'typed')),
    found_by   TEXT NOT NULL,
    found_at   TIMESTAMPTZ NOT NULL,
    mended_at  TIMESTAMPTZ
);
CREATE INDEX finding_own_mended ON finding_own (mended_at);
ALTER TABLE inspection_run ADD COLUMN asked_unit TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE inspection_run DROP COLUMN asked_unit;
DROP TABLE finding_own;
DROP TABLE order_supervision;
DROP TABLE order_urging;
DROP TABLE order_confirmation;
DROP TABLE order_extension;
DROP TABLE order_reading;
DROP TABLE order_point;
DROP INDEX rectify_order_late;
DROP INDEX rectify_order_issuer;
DROP INDEX rectify_order_account;
ALTER TABLE rectify_order DROP COLUMN supervised_at;
ALTER TABLE rectify_order DROP COLUMN escalated_unit_id;
ALTER TABLE rectify_order DROP COLUMN escalated_at;
ALTER TABLE rectify_order DROP COLUMN confirm_asked_at;
ALTER TABLE rectify_order DROP COLUMN failed_at;
ALTER TABLE rectify_order DROP COLUMN retested_at;
ALTER TABLE rectify_order DROP COLUMN retest_at;
ALTER TABLE rectify_order DROP COLUMN cause;
ALTER TABLE rectify_order DROP COLUMN subject;
ALTER TABLE rectify_order DROP COLUMN account_id;
