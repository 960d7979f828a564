-- +goose Up
-- 承办单位: who operates for a sponsor, with review, agreements, staff and
-- assessments. Article 6.

CREATE TABLE contractor (
    id           TEXT COLLATE "C" PRIMARY KEY,
    unit_id      TEXT NOT NULL REFERENCES unit (id), -- the sponsor
    kind         TEXT NOT NULL, -- entrusted, internal
    name         TEXT NOT NULL,
    body_id      TEXT REFERENCES unit (id), -- of an internal body that the ledger knows
    credit_code  TEXT NOT NULL,
    contact      TEXT NOT NULL,
    phone        TEXT NOT NULL,
    duties       TEXT NOT NULL,
    state        TEXT NOT NULL, -- preparing, serving, lapsed, ended
    serves_until DATE, -- last day both agreements cover without a gap
    created_at   TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX contractor_unit ON contractor (unit_id, name);
CREATE INDEX contractor_until ON contractor (state, serves_until);
CREATE UNIQUE INDEX contractor_once ON contractor (unit_id, name) WHERE state <> 'ended';

CREATE TABLE contractor_review (
    id            TEXT COLLATE "C" PRIMARY KEY,
    contractor_id TEXT NOT NULL REFERENCES contractor (id),
    reviewer      TEXT NOT NULL,
    reviewed_on   DATE NOT NULL,
    passed        BOOLEAN NOT NULL,
    says          TEXT NOT NULL,
    file_id       TEXT NOT NULL REFERENCES attachment (id),
    file_name     TEXT NOT NULL,
    added_by      TEXT NOT NULL,
    added_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX contractor_review_of ON contractor_review (contractor_id, reviewed_on);

CREATE TABLE contractor_paper (
    id            TEXT COLLATE "C" PRIMARY KEY,
    contractor_id TEXT NOT NULL REFERENCES contractor (id),
    kind          TEXT NOT NULL, -- service, secrecy, appointment
    number        TEXT NOT NULL,
    from_on       DATE NOT NULL,
    until_on      DATE,          -- none for an appointment
    duties_fixed  BOOLEAN NOT NULL,
    says          TEXT NOT NULL,
    file_id       TEXT NOT NULL REFERENCES attachment (id),
    file_name     TEXT NOT NULL,
    added_by      TEXT NOT NULL,
    added_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX contractor_paper_of ON contractor_paper (contractor_id, kind, from_on);

CREATE TABLE contractor_object (
    contractor_id TEXT NOT NULL REFERENCES contractor (id),
    object_kind   TEXT NOT NULL, -- site, account, app
    object_id     TEXT NOT NULL,
    object_name   TEXT NOT NULL,
    since         DATE NOT NULL,
    ended_on      DATE
);
CREATE UNIQUE INDEX contractor_object_once ON contractor_object (object_kind, object_id) WHERE ended_on IS NULL;
CREATE INDEX contractor_object_of ON contractor_object (contractor_id);

CREATE TABLE contractor_staff (
    id            TEXT COLLATE "C" PRIMARY KEY,
    contractor_id TEXT NOT NULL REFERENCES contractor (id),
    person_id     TEXT NOT NULL REFERENCES person (id),
    work          TEXT NOT NULL,
    phone         TEXT NOT NULL,
    joined_on     DATE NOT NULL,
    left_on       DATE
);
CREATE UNIQUE INDEX contractor_staff_once ON contractor_staff (person_id) WHERE left_on IS NULL;
CREATE INDEX contractor_staff_of ON contractor_staff (contractor_id);

CREATE TABLE contractor_assessment (
    id            TEXT COLLATE "C" PRIMARY KEY,
    contractor_id TEXT NOT NULL REFERENCES contractor (id),
    paper_id      TEXT NOT NULL UNIQUE REFERENCES contractor_paper (id), -- the term assessed
    result        TEXT NOT NULL, -- good, fair, poor
    score         INTEGER NOT NULL, -- hundredths of a point
    says          TEXT NOT NULL,
    assessed_on   DATE NOT NULL,
    assessor      TEXT NOT NULL,
    file_id       TEXT REFERENCES attachment (id),
    file_name     TEXT NOT NULL,
    added_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX contractor_assessment_of ON contractor_assessment (contractor_id);

-- A month's scorecard as it was confirmed.
CREATE TABLE contractor_month (
    contractor_id TEXT NOT NULL REFERENCES contractor (id),
    month         TEXT NOT NULL, -- 2026-10
    figures       TEXT NOT NULL, -- JSON
    says          TEXT NOT NULL,
    confirmed_by  TEXT NOT NULL,
    confirmed_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (contractor_id, month)
);

-- +goose Down
DROP TABLE contractor_month;
DROP TABLE contractor_assessment;
DROP TABLE contractor_staff;
DROP TABLE contractor_object;
DROP TABLE contractor_paper;
DROP TABLE contractor_review;
DROP TABLE contractor;
