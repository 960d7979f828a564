-- +goose Up
-- Messages, obligations and approval cases. Articles 4, 7, 8, 19, 30.

CREATE TABLE message (
    id         TEXT COLLATE "C" PRIMARY KEY,
    once_key   TEXT NOT NULL UNIQUE, -- nobody is told twice
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    person_id  TEXT REFERENCES person (id), -- NULL: everyone with a post at the unit
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    link       TEXT NOT NULL,
    urgent     BOOLEAN NOT NULL DEFAULT FALSE,
    at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX message_unit ON message (unit_id, at);

CREATE TABLE read_mark (
    message_id TEXT NOT NULL REFERENCES message (id),
    person_id  TEXT NOT NULL REFERENCES person (id),
    at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (message_id, person_id)
);

-- Who owes what by when under which clause.
CREATE TABLE obligation (
    id           TEXT COLLATE "C" PRIMARY KEY,
    kind         TEXT NOT NULL,
    unit_id      TEXT NOT NULL REFERENCES unit (id),
    subject_kind TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    period_key   TEXT NOT NULL DEFAULT '', -- 2026-Q3 for what returns
    link         TEXT NOT NULL,
    opened_at    TIMESTAMPTZ NOT NULL,
    due_on       DATE NOT NULL,
    provisional  BOOLEAN NOT NULL,
    state        TEXT NOT NULL, -- open, discharged, void
    look_at      TIMESTAMPTZ,   -- when the sweep next has something to do
    overdue_at   TIMESTAMPTZ,
    escalated_at TIMESTAMPTZ,
    ended_at     TIMESTAMPTZ,
    evidence     TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX obligation_once ON obligation (kind, subject_kind, subject_id, period_key) WHERE state = 'open';
CREATE INDEX obligation_look ON obligation (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX obligation_unit ON obligation (unit_id, state, due_on);
CREATE INDEX obligation_subject ON obligation (subject_kind, subject_id);

CREATE TABLE approval_case (
    id           TEXT COLLATE "C" PRIMARY KEY,
    number       TEXT NOT NULL UNIQUE, -- quotable: SP-2026-0007
    kind         TEXT NOT NULL,
    title        TEXT NOT NULL,
    unit_id      TEXT NOT NULL REFERENCES unit (id),   -- the applicant
    applicant_id TEXT NOT NULL REFERENCES person (id),
    subject_id   TEXT NOT NULL,
    form         TEXT NOT NULL, -- JSON, the whole application as submitted
    state        TEXT NOT NULL,
    step_no      INTEGER NOT NULL,
    opened_at    TIMESTAMPTZ NOT NULL,
    ended_at     TIMESTAMPTZ
);
CREATE INDEX approval_case_unit ON approval_case (unit_id, opened_at);
CREATE INDEX approval_case_state ON approval_case (state, kind);

CREATE TABLE approval_step (
    case_id    TEXT NOT NULL REFERENCES approval_case (id),
    no         INTEGER NOT NULL, -- 0 is the consent of the principal
    kind       TEXT NOT NULL,    -- consent, review, approve
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    name       TEXT NOT NULL,
    arrived_at TIMESTAMPTZ,
    due_on     DATE,
    provisional BOOLEAN NOT NULL DEFAULT FALSE,
    decided_at TIMESTAMPTZ,
    decision   TEXT NOT NULL DEFAULT '',
    opinion    TEXT NOT NULL DEFAULT '',
    person_id  TEXT REFERENCES person (id),
    person_name TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (case_id, no)
);
CREATE INDEX approval_step_unit ON approval_step (unit_id, arrived_at);

CREATE TABLE approval_opinion (
    id         TEXT COLLATE "C" PRIMARY KEY,
    case_id    TEXT NOT NULL REFERENCES approval_case (id),
    step_no    INTEGER NOT NULL,
    act        TEXT NOT NULL,
    reasons    TEXT NOT NULL, -- JSON list of reason codes
    opinion    TEXT NOT NULL,
    person_id  TEXT REFERENCES person (id),
    person_name TEXT NOT NULL,
    unit_name  TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX approval_opinion_case ON approval_opinion (case_id, at);

CREATE TABLE attachment (
    id         TEXT COLLATE "C" PRIMARY KEY,
    owner_kind TEXT NOT NULL,
    owner_id   TEXT NOT NULL,
    kind       TEXT NOT NULL, -- consent, security_report, site_code …
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size       BIGINT NOT NULL,
    blob       TEXT NOT NULL, -- sha256:…
    added_by   TEXT NOT NULL,
    added_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX attachment_owner ON attachment (owner_kind, owner_id);

-- Numbers that people quote run per year without gaps being promised.
CREATE TABLE number_series (
    name       TEXT NOT NULL,
    year       INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    PRIMARY KEY (name, year)
);

-- +goose Down
DROP TABLE number_series;
DROP TABLE attachment;
DROP TABLE approval_opinion;
DROP TABLE approval_step;
DROP TABLE approval_case;
DROP TABLE obligation;
DROP TABLE read_mark;
DROP TABLE message;
